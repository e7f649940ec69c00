/** Source lines of compiled cells, for stacks: tslab keeps no source maps. */

/** Finds the source line, counted from 1, of a compiled line; undefined if none matches. */
type LineMap = (compiledLine: number) => number | undefined;

const MAX_CELLS = 500;
const maps = new Map<string, LineMap>();

/** `script`: the name of the compiled cell in stacks. */
export function rememberCellLines(script: string, source: string, compiled: string): void {
  const oldest = maps.keys().next();
  if (maps.size >= MAX_CELLS && oldest.done !== true) maps.delete(oldest.value);
  let lines: readonly (number | undefined)[] | undefined;
  maps.set(script, (line) => (lines ??= alignLines(source.split("\n"), compiled.split("\n")))[line - 1]);
}

/** Stack frames of cells with the lines of the notebook: `cell [3]:7:12` → `cell [3], line 2`. */
export function withSourceLines(stack: string): string {
  return stack.replace(/(cell \[\d+\]):(\d+):\d+/g, (_frame, script: string, line: string) => {
    const found = maps.get(script)?.(Number(line));
    return found === undefined ? script : `${script}, line ${found}`;
  });
}

/** Aligns compiled with source lines in order, by the words that they share: maximizes the sum of similarities. */
function alignLines(source: readonly string[], compiled: readonly string[]): readonly (number | undefined)[] {
  const from = source.map(wordsOf);
  const to = compiled.map(wordsOf);
  const width = from.length + 1;
  // best[i * width + j]: the best sum for the compiled lines from i on and the source lines from j on.
  const best = new Float64Array((to.length + 1) * width);
  const sumAt = (i: number, j: number): number => best[i * width + j] ?? 0;
  const like = to.map((line) => from.map((other) => similarity(line, other)));
  const pairAt = (i: number, j: number): number => {
    const alike = like[i]?.[j] ?? 0;
    return alike > 0.3 ? alike + sumAt(i + 1, j + 1) : 0;
  };
  for (let i = to.length - 1; i >= 0; i--)
    for (let j = from.length - 1; j >= 0; j--)
      best[i * width + j] = Math.max(sumAt(i + 1, j), sumAt(i, j + 1), pairAt(i, j));
  let j = 0;
  return to.map((_line, i) => {
    while (j < from.length && sumAt(i, j) === sumAt(i, j + 1)) j++;
    const isPair = j < from.length && pairAt(i, j) > 0 && sumAt(i, j) === pairAt(i, j);
    return isPair ? ++j : undefined;
  });
}

const ignored = new Set(["exports", "const", "let", "var", "void"]);

function wordsOf(line: string): readonly string[] {
  const words = line.match(/[\p{L}\p{N}_$]+/gu) ?? [];
  const kept = words.filter((word) => !ignored.has(word) && word !== "0");
  return kept.length > 0 ? kept : line.trim() === "" ? [] : [line.trim()];
}

/** Dice's coefficient of two bags of words. */
function similarity(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const left = [...b];
  let shared = 0;
  for (const word of a) {
    const at = left.indexOf(word);
    if (at < 0) continue;
    shared++;
    left.splice(at, 1);
  }
  return (2 * shared) / (a.length + b.length);
}
