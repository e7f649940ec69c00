/** The edit matrix: all rows. Those of a group share a kernel; the groups are tested side by side. */
import { classes } from "./classes";
import { closures } from "./closures";
import type { Edit, EditGroup } from "./edit";
import { helpers } from "./helpers";
import { imports } from "./imports";
import { inPlace } from "./in-place";
import { inputs, writeInputs } from "./inputs";
import { meanwhile } from "./meanwhile";
import { modules, writeModules } from "./modules";
import { ownCode } from "./own-code";
import { packages, writePackages } from "./packages";
import { parameters } from "./parameters";
import { givenValues, outerValues } from "./values";
import { wiring } from "./wiring";

export const groups = {
  code: { title: "edits of a stage's own cell, and of how stages are put together", edits: [...ownCode, ...wiring] },
  helpers: { title: "edits of what a stage calls", edits: [...helpers, ...closures] },
  classes: { title: "edits of classes and imports", edits: [...classes, ...imports] },
  outerValues: { title: "edits of an outer value", edits: outerValues },
  givenValues: { title: "edits of a value that is an input", edits: givenValues },
  inputs: {
    title: "edits of what comes from outside",
    edits: [...inputs, ...parameters, ...inPlace],
    prepare: writeInputs,
  },
  modules: { title: "edits of local modules", edits: modules, prepare: writeModules },
  packages: {
    title: "edits of packages, in a new kernel, and meanwhile",
    edits: [...packages, ...meanwhile],
    prepare: writePackages,
  },
} satisfies { readonly [name: string]: EditGroup };

/** Every row of the matrix, in the order in which it is shown. */
export const edits: readonly Edit[] = Object.values(groups).flatMap((group) => group.edits);
