/**
 * JSON files and local modules that were edited. Node.js keeps an imported JSON file for good: importing it again gives the old data. And
 * the compiler learns of an edited file a moment later, so a cell executed right after the edit is checked against the old one.
 */
import { existsSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { isLocal } from "../compiled/look-ups";
import { findSideTables } from "../tslab";
import { dropImportersOf } from "../side-modules";
import { requireOwn, type Repair } from "./repair";

/** The compiler's number for a file that has changed. */
const CHANGED = 1;

export const changedFiles: Repair = {
  name: "changed-files",
  installInCompiler({ compiler }) {
    const watchers = requireOwn<ReadonlyMap<string, (file: string, kind: number) => void>>(compiler, "fileWatchers");
    const virtualFiles = requireOwn<ReadonlyMap<string, string>>(compiler, "virtualFiles");
    const { seenFiles: seen } = compiler;
    const { convert } = compiler.converter;
    const look = (): void => {
      for (const [file, notify] of watchers) {
        if (!isLocal(file) || virtualFiles.has(file) || !hasChanged(file, seen)) continue;
        notify(file, CHANGED);
        forget(file);
      }
    };
    compiler.converter.convert = (declarations, source) => {
      look();
      const converted = convert(declarations, source);
      // Files that this cell imports for the first time, before it loads them.
      look();
      return converted;
    };
  },
};

/** Since it was last looked at. */
function hasChanged(file: string, seen: Map<string, string>): boolean {
  const state = seenState(file);
  const before = seen.get(file);
  seen.set(file, state);
  return before !== undefined && before !== state;
}

/** Empty for a file that does not exist. */
export function seenState(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false, bigint: true });
  return stat ? `${stat.size} ${stat.mtimeNs} ${stat.ino}` : "";
}

/** The next import reads a JSON file again; local modules that import it are loaded again too. */
export function forget(file: string): void {
  if (!file.endsWith(".json") || !existsSync(file)) return;
  for (const name of [path.normalize(file), realpathSync(file)]) delete require.cache[name];
  const tables = findSideTables();
  if (tables) dropImportersOf(file, tables);
}
