/** Two texts compared line by line. Pure; called by the code diff of the stage panel. */

export interface DiffLine {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
}

/** So many lines, or a stretch that was left out. */
export type DiffRow = DiffLine | { readonly kind: "skipped"; readonly count: number };

/** With `context` equal lines round each change; longer equal stretches are told by their length. */
export function diffLines(before: string, after: string, context = 3): readonly DiffRow[] {
  return withoutFarLines(compare(linesOf(before), linesOf(after)), context);
}

/** How many lines were removed and added. */
export function countChanges(rows: readonly DiffRow[]): { readonly removed: number; readonly added: number } {
  return {
    removed: rows.filter((row) => row.kind === "removed").length,
    added: rows.filter((row) => row.kind === "added").length,
  };
}

/** Comparing takes memory for each pair of lines: above this, all is removed and added. */
const MOST_PAIRS = 2_000_000;

function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/u, "").split("\n");
}

function compare(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  return [
    ...lines("same", a.slice(0, start)),
    ...compareMiddle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...lines("same", a.slice(a.length - end)),
  ];
}

/** By the longest common subsequence. Removed lines stand before those that were added in their place. */
function compareMiddle(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  if (a.length === 0 || b.length === 0 || a.length * b.length > MOST_PAIRS)
    return [...lines("removed", a), ...lines("added", b)];
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const rows: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      rows.push({ kind: "same", text: a[i] ?? "" });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      rows.push({ kind: "removed", text: a[i] ?? "" });
      i += 1;
    } else {
      rows.push({ kind: "added", text: b[j] ?? "" });
      j += 1;
    }
  }
  return rows;
}

function lines(kind: DiffLine["kind"], texts: readonly string[]): readonly DiffLine[] {
  return texts.map((text) => ({ kind, text }));
}

function withoutFarLines(rows: readonly DiffLine[], context: number): readonly DiffRow[] {
  const near = new Set<number>();
  rows.forEach((row, index) => {
    if (row.kind === "same") return;
    for (let other = index - context; other <= index + context; other += 1) near.add(other);
  });
  const shown: DiffRow[] = [];
  let skipped = 0;
  const tell = (): void => {
    if (skipped > 0) shown.push({ kind: "skipped", count: skipped });
    skipped = 0;
  };
  rows.forEach((row, index) => {
    if (!near.has(index)) {
      skipped += 1;
      return;
    }
    tell();
    shown.push(row);
  });
  tell();
  return shown;
}
