/** Notebook files (nbformat 4): the code cells, and the same file with new outputs. */
import fs from "node:fs";
import { messageOf } from "../../protocol";
import type { KernelMessage } from "../../notebook/tslab/headless-kernel";
import { UsageError } from "../terminal/usage-error";

/** A code cell. */
export interface CodeCell {
  readonly id: string;
  readonly source: string;
  /** Its index among all cells of the file. */
  readonly at: number;
}

export interface NotebookFile {
  /** Absolute. */
  readonly path: string;
  readonly cells: readonly CodeCell[];
  /** The ids that more than one code cell has. */
  readonly repeated: readonly string[];
  /** The whole file, as it was read and parsed. */
  readonly text: string;
  readonly content: NotebookContent;
}

interface NotebookContent {
  readonly nbformat: number;
  readonly metadata?: {
    readonly kernelspec?: { readonly name?: string; readonly language?: string };
    readonly language_info?: { readonly name?: string };
  };
  readonly cells: readonly RawCell[];
}

interface RawCell {
  readonly cell_type: string;
  readonly id?: string;
  readonly source: string | readonly string[];
}

/** `path`: absolute; `file`: as it was typed. Throws UsageError `notebook-missing`, `notebook-bad` or `notebook-language`. */
export function readNotebook(path: string, file: string): NotebookFile {
  const text = readText(path, file);
  const content = parseNotebook(text, file);
  const { kernelspec, language_info: info } = content.metadata ?? {};
  const language = info?.name ?? kernelspec?.language ?? (kernelspec?.name === "tslab" ? "typescript" : undefined);
  if (language !== undefined && language !== "typescript")
    throw new UsageError(
      "notebook-language",
      `${file} is a ${language} notebook`,
      "Stagebook runs notebooks of tslab, the TypeScript kernel.",
    );
  const code = content.cells.flatMap((cell, at) =>
    cell.cell_type === "code" ? [{ id: cell.id ?? `cell-${at + 1}`, source: textOf(cell.source), at }] : [],
  );
  const { cells, repeated } = withOwnIds(code);
  return { path, cells, repeated, text, content };
}

/** A cell belongs to its id: of cells with one id, the second and later ones get ids of their own. */
function withOwnIds(cells: readonly CodeCell[]): Pick<NotebookFile, "cells" | "repeated"> {
  const taken = new Set(cells.map(({ id }) => id));
  const seen = new Set<string>();
  const repeated = new Set<string>();
  const own = cells.map((cell) => {
    const isFirst = !seen.has(cell.id);
    seen.add(cell.id);
    if (isFirst) return cell;
    repeated.add(cell.id);
    let nth = 2;
    while (taken.has(`${cell.id}-${nth}`)) nth++;
    taken.add(`${cell.id}-${nth}`);
    return { ...cell, id: `${cell.id}-${nth}` };
  });
  return { cells: own, repeated: [...repeated] };
}

function readText(path: string, file: string): string {
  try {
    return fs.readFileSync(path, "utf8");
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === "ENOENT" ? "the file does not exist" : messageOf(error);
    throw new UsageError("notebook-missing", `${file} cannot be read: ${why}`, "Pass a notebook or a script.");
  }
}

function parseNotebook(text: string, file: string): NotebookContent {
  const bad = (why: string): never => {
    throw new UsageError(
      "notebook-bad",
      `${file} is not a valid notebook: ${why}`,
      "Open it in Jupyter and save it again.",
    );
  };
  let content: Partial<NotebookContent> | null;
  try {
    content = JSON.parse(text) as Partial<NotebookContent> | null;
  } catch (error) {
    return bad(messageOf(error));
  }
  if (typeof content !== "object" || content === null) return bad("it is not a JSON object");
  if (content.nbformat !== 4) return bad(`its nbformat is ${String(content.nbformat)}, not 4`);
  if (!Array.isArray(content.cells)) return bad("it has no cells");
  if (!content.cells.every(isCell))
    return bad("one of its cells has no type or no source, or an id that is not a string");
  return content as NotebookContent;
}

function isCell(cell: unknown): cell is RawCell {
  const { cell_type: type, id, source } = (cell ?? {}) as Partial<RawCell>;
  const hasText = typeof source === "string" || Array.isArray(source);
  return typeof type === "string" && hasText && (id === undefined || typeof id === "string");
}

const textOf = (source: string | readonly string[]): string => (typeof source === "string" ? source : source.join(""));

/** The outputs of a cell: the number in its prompt, and its messages in order. */
export interface CellOutputs {
  readonly count: number | null;
  readonly messages: readonly KernelMessage[];
}

/** The file with these outputs instead of its own; other cells have none. */
export function encodeOutputs({ content }: NotebookFile, outputs: ReadonlyMap<number, CellOutputs>): string {
  const cells = content.cells.map((cell, at) => {
    if (cell.cell_type !== "code") return cell;
    const { count, messages } = outputs.get(at) ?? { count: null, messages: [] };
    return { ...cell, execution_count: count, outputs: outputsOf(messages) };
  });
  return `${JSON.stringify({ ...content, cells }, null, 1)}\n`;
}

type Output = Record<string, unknown> & { readonly output_type: string };

/** Consecutive stream texts are one output; an updated display replaces the earlier one. */
function outputsOf(messages: readonly KernelMessage[]): readonly Output[] {
  const outputs: Output[] = [];
  const indexById = new Map<string, number>();
  for (const { type, content } of messages) {
    if (type === "stream") {
      const last = outputs.at(-1);
      if (last?.output_type === "stream" && last.name === content.name)
        last.text = String(last.text) + String(content.text);
      else outputs.push({ output_type: "stream", name: content.name, text: String(content.text) });
    }
    if (type !== "display_data" && type !== "update_display_data") continue;
    const display = { output_type: "display_data", data: content.data, metadata: content.metadata ?? {} };
    const id = (content.transient as { readonly display_id?: string } | undefined)?.display_id;
    const index = id === undefined ? undefined : indexById.get(id);
    if (index !== undefined) outputs[index] = display;
    else if (type === "display_data") {
      if (id !== undefined) indexById.set(id, outputs.length);
      outputs.push(display);
    }
  }
  return outputs;
}
