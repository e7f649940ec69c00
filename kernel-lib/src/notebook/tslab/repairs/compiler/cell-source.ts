/** The source of a cell as a syntax tree, for the repairs that read it before tslab compiles it. */
import type ts from "@tslab/typescript-for-tslab";
import type { Compiler } from "../../compiler";

/** tslab puts this line before each cell, which makes it a module. */
export const CELL_PREFIX = "export {};\n";

export interface CellSource {
  readonly file: ts.SourceFile;
  /** The names that the cell declares or imports, in order. */
  readonly names: readonly string[];
  /** Where the text of the cell begins in the file. */
  readonly offset: number;
}

/** Parsed and bound, as the compiler does it for its programs. The last cell is cached: several repairs need it. */
export function readCell({ ts, host }: Pick<Compiler, "ts" | "host">, source: string): CellSource {
  if (last?.ts === ts && last.source === source) return last.cell;
  const { target = ts.ScriptTarget.ES2022 } = host.options;
  const file = ts.createSourceFile("__tslab__.ts", CELL_PREFIX + source, target, true);
  const { bindSourceFile } = ts as unknown as {
    bindSourceFile: (file: ts.SourceFile, options: ts.CompilerOptions) => void;
  };
  bindSourceFile(file, host.options);
  const { locals } = file as unknown as { readonly locals?: ReadonlyMap<ts.__String, unknown> };
  // Without what only extends a module or the global scope: `declare global`, `declare module "x"`.
  const names = [...(locals?.keys() ?? [])]
    .filter((key) => key !== ts.InternalSymbolName.Global)
    .map((key) => ts.unescapeLeadingUnderscores(key))
    .filter((name) => !name.startsWith('"'));
  const cell = { file, names, offset: CELL_PREFIX.length };
  last = { ts, source, cell };
  return cell;
}

let last: { readonly ts: unknown; readonly source: string; readonly cell: CellSource } | undefined;
