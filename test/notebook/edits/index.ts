/** The edit matrix: all rows. Those of a test file share a kernel, and its groups are tested one after the other. */
import { classes } from "./cases/code/classes";
import { closures } from "./cases/code/closures";
import type { Edit, EditGroup } from "./runner/edit";
import { helpers } from "./cases/code/helpers";
import { imports } from "./cases/code/imports";
import { inPlace } from "./cases/values/in-place";
import { inputs, writeInputs } from "./cases/values/inputs";
import { meanwhile } from "./cases/values/meanwhile";
import { modules, writeModules } from "./cases/code/modules";
import { ownCode } from "./cases/code/own-code";
import { packages, writePackages } from "./cases/code/packages";
import { parameters } from "./cases/values/parameters";
import { inputValues, outerValues } from "./cases/values/values";
import { wiring } from "./cases/values/wiring";

export const groups = {
  code: { title: "edits of a stage's own cell, and of how stages are put together", edits: [...ownCode, ...wiring] },
  helpers: { title: "edits of what a stage calls", edits: [...helpers, ...closures] },
  classes: { title: "edits of classes and imports", edits: [...classes, ...imports] },
  outerValues: { title: "edits of an outer value", edits: outerValues },
  inputValues: { title: "edits of a value that is an input", edits: inputValues },
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

/** Every row of the matrix, in the order of the documents. */
export const edits: readonly Edit[] = Object.values(groups).flatMap((group) => group.edits);
