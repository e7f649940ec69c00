/**
 * A temporary notebook folder beside a `node_modules` of its own, where `stagebook` and the repository's packages resolve as they do for a
 * user. It lies outside the repository: there, tslab reads the types of all development packages at the start of each kernel, which takes
 * longer than everything else that it does. Of the rest, @types/node takes two thirds: a folder has a short stand-in for it
 * (`node-types.ts`), except in a heavy run, and unless a test asks for the real one.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isHeavy } from "../part";
import { nodeTypes } from "./node-types";

/** The root of the repository. */
export const repository = fileURLToPath(new URL("../../..", import.meta.url)).replace(/[\\/]$/, "");

/** The folder of real data sets; from a notebook: `../node_modules/vega-datasets/data`. */
export const datasets = join(repository, "node_modules", "vega-datasets", "data");

export interface NotebookFolder {
  readonly path: string;
  /** Writes a file below the folder and returns its absolute path. */
  write(name: string, content: string | Uint8Array): string;
  read(name: string): string;
  /** Deletes the folder and its content. */
  remove(): void;
}

export interface FolderOptions {
  /** Whether cells see all types of Node.js, as a user's do. Default: in a heavy run; otherwise they see a stand-in, with which a kernel starts in half the time. */
  readonly hasNodeTypes?: boolean;
}

/** Creates a folder with these files. `../node_modules` exists, as it does for `notebooks/`. The caller removes the folder. */
export function createNotebookFolder(
  files: { readonly [name: string]: string } = {},
  { hasNodeTypes = isHeavy }: FolderOptions = {},
): NotebookFolder {
  const parent = (parents[hasNodeTypes ? "all" : "few"] ??= createParent(hasNodeTypes));
  const folder = openFolder(mkdtempSync(join(parent, "notebook-")));
  for (const [name, content] of Object.entries(files)) folder.write(name, content);
  return folder;
}

/** An existing folder. */
export function openFolder(path: string): NotebookFolder {
  return {
    path,
    write(name, content) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
    read: (name) => readFileSync(join(path, name), "utf8"),
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}

/** The parents of all notebook folders of this process, by the types of Node.js that they have. */
const parents: { all?: string; few?: string } = {};

function createParent(hasNodeTypes: boolean): string {
  // Real: what a kernel reports about its files starts with it.
  const created = realpathSync(mkdtempSync(join(tmpdir(), "stagebook-rig-")));
  process.on("exit", () => rmSync(created, { recursive: true, force: true }));
  linkModules(join(created, "node_modules"), hasNodeTypes);
  return created;
}

/** A folder with a link to each of the repository's packages, and the types of Node.js alone. */
function linkModules(folder: string, hasNodeTypes: boolean): void {
  const modules = join(repository, "node_modules");
  const types = join("@types", "node");
  mkdirSync(join(folder, "@types"), { recursive: true });
  const names = readdirSync(modules).filter((name) => !name.startsWith(".") && name !== "@types");
  for (const name of hasNodeTypes ? [...names, types] : names)
    symlinkSync(realpathSync(join(modules, name)), join(folder, name), "junction");
  if (hasNodeTypes) return;
  mkdirSync(join(folder, types));
  for (const [name, text] of Object.entries(nodeTypes)) writeFileSync(join(folder, types, name), text);
}
