/** Local modules in tslab: after an edit tslab loads the edited file anew and keeps every module that imports it as it was. */
import path from "node:path";
import { readFunctionScope, readProxyHandler } from "../../scopes/inspector-session";

/** tslab's own tables: compiled sources and loaded modules, by file name. */
interface SideTables {
  readonly sideOutputs: ReadonlyMap<string, string>;
  readonly sideModules: Map<string, unknown>;
}

/** When tslab drops a module that was edited, drops those that import it too: the next import loads them all anew. */
export function refreshImporters(require: object | undefined): boolean {
  const tables = require && findSideTables(require);
  if (!tables) return false;
  const { sideOutputs, sideModules } = tables;
  const drop = sideModules.delete.bind(sideModules);
  sideModules.delete = (file) => {
    const dropped = drop(file);
    for (const importer of findImporters(file, sideOutputs))
      if (sideModules.has(importer)) sideModules.delete(importer);
    return dropped;
  };
  return true;
}

function findSideTables(require: object): SideTables | undefined {
  const apply = readProxyHandler(require)?.apply;
  // The trap calls a function beside it, and that one holds the tables.
  const inner = typeof apply === "function" ? readFunctionScope(apply, "requireFromSideOutputs") : undefined;
  if (typeof inner !== "function") return undefined;
  const sideOutputs = readFunctionScope(inner, "sideOutputs");
  const sideModules = readFunctionScope(inner, "sideModules");
  return sideOutputs instanceof Map && sideModules instanceof Map
    ? { sideOutputs: sideOutputs as SideTables["sideOutputs"], sideModules: sideModules as SideTables["sideModules"] }
    : undefined;
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
