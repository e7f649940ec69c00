/** Two texts compared line by line. Pure; called by the code diff of the stage panel. */
import { diffArrays } from "diff";

/** One line of either text. */
export interface DiffLine {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
}

/** A line, or a run of equal lines that is left out. */
export type DiffRow = DiffLine | { readonly kind: "skipped"; readonly count: number };

/** With `context` equal lines around each change; longer runs of equal lines become one `skipped` row. */
export function diffLines(before: string, after: string, context = 3): readonly DiffRow[] {
  return skipUnchanged(compareLines(splitLines(before), splitLines(after)), context);
}

/** The numbers of removed and of added lines. */
export function countChanges(rows: readonly DiffRow[]): { readonly removed: number; readonly added: number } {
  return {
    removed: rows.filter((row) => row.kind === "removed").length,
    added: rows.filter((row) => row.kind === "added").length,
  };
}

/** The time of a comparison grows with the square of the changed lines: this many take about 0.1 s. */
const MAX_CHANGED_LINES = 1_000;

function splitLines(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/u, "").split("\n");
}

/** Removed lines come before the lines that replace them. Texts that differ too much are removed and added as a whole. */
function compareLines(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const changes = diffArrays([...before], [...after], { maxEditLength: MAX_CHANGED_LINES });
  if (!changes) return replaceMiddle(before, after);
  return changes.flatMap(({ value, removed, added }) => toRows(removed ? "removed" : added ? "added" : "same", value));
}

/** Equal lines at the beginning and at the end stay; everything between them is removed and added. */
function replaceMiddle(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return [
    ...toRows("same", before.slice(0, start)),
    ...toRows("removed", before.slice(start, before.length - end)),
    ...toRows("added", after.slice(start, after.length - end)),
    ...toRows("same", before.slice(before.length - end)),
  ];
}

function toRows(kind: DiffLine["kind"], texts: readonly string[]): readonly DiffLine[] {
  return texts.map((text) => ({ kind, text }));
}

function skipUnchanged(rows: readonly DiffLine[], context: number): readonly DiffRow[] {
  const near = new Set<number>();
  rows.forEach((row, index) => {
    if (row.kind === "same") return;
    for (let other = index - context; other <= index + context; other += 1) near.add(other);
  });
  const result: DiffRow[] = [];
  let skipped = 0;
  const addSkipped = (): void => {
    if (skipped > 0) result.push({ kind: "skipped", count: skipped });
    skipped = 0;
  };
  rows.forEach((row, index) => {
    if (!near.has(index)) {
      skipped += 1;
      return;
    }
    addSkipped();
    result.push(row);
  });
  addSkipped();
  return result;
}
