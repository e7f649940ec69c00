/**
 * `export` in front of a declaration, as in code copied from a module. tslab exports every name of a cell itself, and refuses a name that is
 * exported twice. `export { name }` of a name from an earlier cell is worse: it replaces its value by undefined.
 */
import type ts from "@tslab/typescript-for-tslab";
import type { Compiler } from "../../compiler";
import { readCell } from "./cell-source";
import type { Repair } from "../repair";

export const exportModifier: Repair = {
  name: "export-modifier",
  installInCompiler({ compiler }) {
    const { convert } = compiler.converter;
    compiler.converter.convert = (declarations, source) => convert(declarations, withoutExports(compiler, source));
  },
};

/** Blanks replace them, so that positions do not change. */
function withoutExports(compiler: Compiler, source: string): string {
  if (!source.includes("export")) return source;
  const { file, offset } = readCell(compiler, source);
  let text = source;
  for (const statement of file.statements) {
    const [start, end] = exportIn(compiler.ts, statement, file) ?? [0, 0];
    if (start < offset || end <= start) continue;
    text = text.slice(0, start - offset) + text.slice(start - offset, end - offset).replace(/[^\n\r]/g, " ") + text.slice(end - offset); // prettier-ignore
  }
  return text;
}

/** What is left out: `export` and `export default` of a declaration with a name, or `export { a, b }` as a whole. */
function exportIn(
  ts: Compiler["ts"],
  statement: ts.Statement,
  file: ts.SourceFile,
): readonly [number, number] | undefined {
  if (ts.isExportDeclaration(statement)) {
    const { exportClause, moduleSpecifier } = statement;
    const isPlain =
      exportClause !== undefined &&
      moduleSpecifier === undefined &&
      ts.isNamedExports(exportClause) &&
      exportClause.elements.every(({ propertyName }) => propertyName === undefined);
    return isPlain ? [statement.getStart(file), statement.end] : undefined;
  }
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  const [first, second] = modifiers;
  if (first?.kind !== ts.SyntaxKind.ExportKeyword) return undefined;
  if (second?.kind !== ts.SyntaxKind.DefaultKeyword) return [first.getStart(file), first.end];
  const { name } = statement as ts.Statement & { readonly name?: ts.Identifier };
  return name ? [first.getStart(file), second.end] : undefined;
}
