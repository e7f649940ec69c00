/**
 * Clear messages for syntax that is newer than tslab's TypeScript 5.0, with what to write instead. The compiler reports it as several
 * missing names and semicolons.
 */
import type { CellDiagnostic } from "../../compiler";
import type { Repair } from "../repair";

export const plainMessages: Repair = {
  name: "plain-messages",
  installInCompiler({ compiler }) {
    const { convert } = compiler.converter;
    compiler.converter.convert = (declarations, source) => {
      const converted = convert(declarations, source);
      const { diagnostics } = converted;
      return diagnostics.length === 0 ? converted : { ...converted, diagnostics: inPlainWords(source, diagnostics) };
    };
  },
};

/** What is not accepted, and what to write instead. The first group is what is marked; the compiler reports the word itself. */
const REFUSED = [
  {
    word: "using",
    pattern: /(?<=^|[;{}\n])[ \t]*((?:await[ \t]+)?using[ \t]+[\w$]+[ \t]*[=:])/g,
    message:
      "`using` is newer than tslab's TypeScript 5.0. Write `const x = …; try { … } finally { x[Symbol.dispose](); }`, or close it yourself.",
  },
  {
    word: "with",
    pattern: /(?<=\b(?:import|export)\b[^;]*["'][ \t]*)(with[ \t]*\{[^}]*\})/g,
    message:
      'Import attributes are newer than tslab\'s TypeScript 5.0, and not needed: write `import data from "./data.json"` without `with { … }`.',
  },
];

function inPlainWords(source: string, diagnostics: readonly CellDiagnostic[]): readonly CellDiagnostic[] {
  let found = diagnostics;
  for (const { word, pattern, message } of REFUSED)
    for (const match of source.matchAll(pattern)) {
      const [whole, text = ""] = match;
      const offset = match.index + whole.indexOf(text);
      const wordAt = offset + text.indexOf(word);
      // Where the compiler does not report the word, it is part of a text or a comment.
      if (!found.some(({ start, fileName }) => fileName === undefined && start.offset === wordAt)) continue;
      const rest = found.filter((diagnostic) => !isPartOf(diagnostic, source, offset));
      const [start, end] = [offset, offset + text.length].map((at) => positionAt(source, at)) as [Position, Position];
      const [first] = found;
      found = [...rest, { start, end, messageText: message, category: first?.category ?? 1, code: first?.code ?? 0 }];
    }
  return [...found].sort((a, b) => a.start.offset - b.start.offset);
}

type Position = CellDiagnostic["start"];

/** On the same line; after import attributes the compiler misses a bracket at the end of the cell. */
function isPartOf({ start, fileName }: CellDiagnostic, source: string, offset: number): boolean {
  if (fileName !== undefined || start.offset < offset) return false;
  const lineEnd = source.indexOf("\n", offset);
  return lineEnd < 0 || start.offset <= lineEnd || start.offset >= source.length;
}

function positionAt(source: string, offset: number): Position {
  const before = source.slice(0, offset).split("\n");
  return { offset, line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}
