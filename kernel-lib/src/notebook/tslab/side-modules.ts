/** Hook 8, local modules: after an edit tslab loads the edited file again, but keeps every module that imports it as it was. */
import path from "node:path";
import type { TslabHooks } from "./hooks";
import type { SideTables } from "./tslab";

/** When tslab drops an edited module, drops the modules that import it too: the next import loads them all again. */
export const dropImporters: TslabHooks["deleteSideModule"] = (tables) => {
  return (original) => (file) => {
    const dropped = original(file);
    dropImportersOf(file, tables);
    return dropped;
  };
};

/** The next import loads the modules again that import this file, and those that import them. */
export function dropImportersOf(file: string, { sideOutputs, sideModules }: SideTables): void {
  for (const importer of findImporters(file, sideOutputs)) if (sideModules.has(importer)) sideModules.delete(importer);
}

function findImporters(file: string, sources: ReadonlyMap<string, string>): readonly string[] {
  return [...sources]
    .filter(([importer, source]) => importer !== file && importsOf(importer, source).includes(file))
    .map(([importer]) => importer);
}

function importsOf(file: string, source: string): readonly string[] {
  return [...source.matchAll(/\brequire\("(\.[^"]*)"\)/g)].map(([, id = ""]) => {
    const target = path.posix.join(path.posix.dirname(file), id);
    return path.posix.extname(target) === "" ? `${target}.js` : target;
  });
}
