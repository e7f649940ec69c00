/** Notebook files in a temporary folder, and their identities in a store. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DiskNotebooks } from "../../../kernel-lib/src/store/notebooks/disk-notebooks";
import { FiledNotebook } from "../../../kernel-lib/src/store/notebooks/notebook-identity";
import type { Notebooks } from "../../../kernel-lib/src/store/store";

/** Cells by id: `{ a1b2c3d4: "1 + 1" }`. */
export type Cells = Readonly<Record<string, string>>;

/** Ids as Jupyter makes them, from any text. */
export const idOf = (text: string): string => Buffer.from(text.padEnd(4, "_")).toString("hex").slice(0, 8);

export interface NotebookFiles {
  readonly folder: string;
  readonly path: (name: string) => string;
  /** Writes a notebook whose cells have these random ids. */
  readonly notebook: (name: string, ...ids: string[]) => void;
  /** Writes a notebook with these cells. */
  readonly cells: (name: string, cells: readonly { readonly id?: string; readonly source: string }[]) => void;
  readonly remove: () => void;
}

export function createNotebookFiles(): NotebookFiles {
  const folder = mkdtempSync(join(tmpdir(), "stagebook-identity-"));
  const path = (name: string): string => join(folder, name);
  const cells: NotebookFiles["cells"] = (name, given) => {
    mkdirSync(dirname(path(name)), { recursive: true });
    const all = given.map((cell) => ({ cell_type: "code", metadata: {}, outputs: [], execution_count: null, ...cell }));
    writeFileSync(path(name), JSON.stringify({ cells: all, metadata: {}, nbformat: 4, nbformat_minor: 5 }));
  };
  return {
    folder,
    path,
    cells,
    notebook: (name, ...ids) => cells(name, ids.map((id) => ({ id: idOf(id), source: `"${id}"` }))), // prettier-ignore
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The notebook at a path, as a kernel that starts now sees it. */
export function open(file: string, records: Notebooks, base?: string): FiledNotebook {
  const onProblem = (message: string, where: string): never => {
    throw new Error(`${message}: ${where}`);
  };
  return new FiledNotebook({ records, file, base, now: Date.now, onProblem });
}

/** Records in a folder below. */
export function recordsIn(folder: string): DiskNotebooks {
  return new DiskNotebooks(folder, (message, where) => {
    throw new Error(`${message}: ${where}`);
  });
}
