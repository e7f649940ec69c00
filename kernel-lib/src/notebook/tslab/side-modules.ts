/** Hook 8, local modules: after an edit tslab loads the edited file again, but keeps every module that imports it as it was. */
import path from "node:path";
import type { TslabHooks } from "./hooks";

/** When tslab drops an edited module, drops the modules that import it too: the next import loads them all again. */
export const dropImporters: TslabHooks["deleteSideModule"] = ({ sideOutputs, sideModules }) => {
  return (original) => (file) => {
    const dropped = original(file);
    for (const importer of findImporters(file, sideOutputs))
      if (sideModules.has(importer)) sideModules.delete(importer);
    return dropped;
  };
};

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
