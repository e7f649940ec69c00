/** A temporary notebook folder inside the repository, where `stagebook`, vega-datasets and @types/node resolve as they do for a user. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

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

/** Creates a folder with these files. `../node_modules` exists, as it does for `notebooks/`. The caller removes the folder. */
export function createNotebookFolder(files: { readonly [name: string]: string } = {}): NotebookFolder {
  const parent = join(repository, ".cache", "rig");
  mkdirSync(parent, { recursive: true });
  linkModules(join(parent, "node_modules"));
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

function linkModules(link: string): void {
  const modules = join(repository, "node_modules");
  try {
    // A copy of the repository may contain the link of the original.
    if (existsSync(link) && realpathSync(link) !== realpathSync(modules)) rmSync(link);
    if (!existsSync(link)) symlinkSync(modules, link, "junction");
  } catch (error) {
    // Another test file created it at the same time.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
