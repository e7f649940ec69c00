/**
 * The repairs of tslab, and their switches. Each fixes one fault of stock tslab in the running kernel, when a cell imports Stagebook.
 * `STAGEBOOK_TSLAB=plain` leaves all of them out, `STAGEBOOK_TSLAB=-completion,-inspection` leaves out those.
 */
import { messageOf } from "../../../protocol";
import type { CellCompiler } from "../compiler";
import type { KernelTarget, Repair } from "./repair";
import { keptReferences } from "./compiler/kept-references";
import { oneProgram } from "./compiler/one-program";
import { inferredTypes } from "./compiler/inferred-types";
import { awaitAnywhere } from "./compiler/await-anywhere";
import { exportModifier } from "./compiler/export-modifier";
import { namespaces } from "./compiler/namespaces";
import { plainMessages } from "./compiler/plain-messages";
import { completion } from "./completion";
import { inspection } from "./inspection";
import { queuedCells } from "./queued-cells";
import { cellNames } from "./cell-names";
import { endedCells } from "./ended-cells";
import { changedFiles } from "./changed-files";
import { circularModules } from "./circular-modules";
import { libraryTypes, presentLibraries } from "./compiler/library-types";
import { localModules } from "./compiler/local-modules";
import { installedPackages } from "./compiler/installed-packages";
import { packageTypes } from "./compiler/package-types";

/** Later ones wrap earlier ones. */
export const repairs: readonly Repair[] = [
  packageTypes,
  libraryTypes,
  keptReferences,
  oneProgram,
  inferredTypes,
  awaitAnywhere,
  namespaces,
  exportModifier,
  plainMessages,
  cellNames,
  changedFiles,
  localModules,
  circularModules,
  installedPackages,
  queuedCells,
  endedCells,
  completion,
  inspection,
];

/** Installs those that are not switched off. `choice`: of `STAGEBOOK_TSLAB`. */
export function installRepairs(
  { compiler, ...target }: KernelTarget & { readonly compiler: CellCompiler },
  choice: string | undefined,
): void {
  const isChosen = readChoice(choice, target.warn);
  const chosen = repairs.filter(({ name }) => isChosen(name));
  const libraries = presentLibraries();
  installEach(chosen, ({ install }) => install?.(target), target.warn);
  compiler.change(
    (loaded) => installEach(chosen, ({ installInCompiler }) => installInCompiler?.({ ...target, compiler: loaded, libraries }), target.warn), // prettier-ignore
    libraries.join("\n"),
  );
}

/** Whether all of them could be installed. */
function installEach(
  chosen: readonly Repair[],
  act: (repair: Repair) => void,
  warn: (message: string) => void,
): boolean {
  let isComplete = true;
  for (const repair of chosen)
    try {
      act(repair);
    } catch (error) {
      isComplete = false;
      warn(`tslab is used without the repair "${repair.name}": ${messageOf(error)}`);
    }
  return isComplete;
}

/** Whether the choice leaves a repair in. */
export function isRepairChosen(name: string, choice: string | undefined): boolean {
  return readChoice(choice, () => undefined)(name);
}

/** Unknown names are reported and ignored: a kernel must start with the settings of another version. */
function readChoice(choice = "", warn: (message: string) => void): (name: string) => boolean {
  const words = choice.split(",").map((word) => word.trim()).filter((word) => word !== ""); // prettier-ignore
  const unknown = words.filter((word) => word !== "plain" && !repairs.some(({ name }) => word === `-${name}`));
  if (unknown.length > 0)
    warn(`STAGEBOOK_TSLAB: unknown ${unknown.join(", ")}; it is plain, or names with a minus: ${repairs.map(({ name }) => `-${name}`).join(", ")}`); // prettier-ignore
  return (name) => !words.includes("plain") && !words.includes(`-${name}`);
}
