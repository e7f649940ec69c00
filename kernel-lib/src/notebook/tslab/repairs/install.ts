/**
 * The repairs of tslab, and their switches. Each fixes one fault of stock tslab in the running kernel, when a cell imports Stagebook.
 * `STAGEBOOK_TSLAB=plain` leaves all of them out, `STAGEBOOK_TSLAB=-completion,-inspection` leaves out those.
 */
import { messageOf } from "../../../protocol";
import type { Repair, RepairTarget } from "./repair";
import { keptReferences } from "./compiler/kept-references";
import { oneProgram } from "./compiler/one-program";
import { awaitAnywhere } from "./compiler/await-anywhere";
import { exportModifier } from "./compiler/export-modifier";
import { namespaces } from "./compiler/namespaces";
import { plainMessages } from "./compiler/plain-messages";
import { completion } from "./completion";
import { inspection } from "./inspection";
import { queuedCells } from "./queued-cells";
import { cellNames } from "./cell-names";
import { changedFiles } from "./changed-files";
import { libraryTypes } from "./compiler/library-types";
import { installedPackages } from "./compiler/installed-packages";
import { packageTypes } from "./compiler/package-types";

/** Later ones wrap earlier ones. */
export const repairs: readonly Repair[] = [
  packageTypes,
  libraryTypes,
  keptReferences,
  oneProgram,
  awaitAnywhere,
  namespaces,
  exportModifier,
  plainMessages,
  cellNames,
  changedFiles,
  installedPackages,
  queuedCells,
  completion,
  inspection,
];

/** Installs those that are not switched off. `choice`: of `STAGEBOOK_TSLAB`. */
export function installRepairs(target: RepairTarget, choice: string | undefined): void {
  const isChosen = readChoice(choice, target.warn);
  for (const { name, install } of repairs) {
    if (!isChosen(name)) continue;
    try {
      install(target);
    } catch (error) {
      target.warn(`tslab is used without the repair "${name}": ${messageOf(error)}`);
    }
  }
}

/** Unknown names are reported and ignored: a kernel must start with the settings of another version. */
function readChoice(choice = "", warn: (message: string) => void): (name: string) => boolean {
  const words = choice.split(",").map((word) => word.trim()).filter((word) => word !== ""); // prettier-ignore
  const unknown = words.filter((word) => word !== "plain" && !repairs.some(({ name }) => word === `-${name}`));
  if (unknown.length > 0)
    warn(`STAGEBOOK_TSLAB: unknown ${unknown.join(", ")}; it is plain, or names with a minus: ${repairs.map(({ name }) => `-${name}`).join(", ")}`); // prettier-ignore
  return (name) => !words.includes("plain") && !words.includes(`-${name}`);
}
