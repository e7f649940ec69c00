/**
 * `namespace` and `declare global` in later cells. tslab forgets them after the next cell: it keeps only declarations of the other kinds.
 */
import type ts from "@tslab/typescript-for-tslab";
import type { Compiler } from "../../compiler";
import { readCell } from "./cell-source";
import type { Repair } from "../repair";

export const namespaces: Repair = {
  name: "namespaces",
  installInCompiler({ compiler }) {
    const { convert } = compiler.converter;
    compiler.converter.convert = (declarations, source) => {
      const converted = convert(declarations, source);
      if (converted.declOutput === undefined || !/\b(namespace|module|global)\b/.test(declarations)) return converted;
      const { names } = readCell(compiler, source);
      const kept = namespacesIn(compiler, declarations).filter(({ name }) => !names.includes(name));
      return { ...converted, declOutput: [converted.declOutput, ...kept.map(({ text }) => text)].join("\n") };
    };
  },
};

function namespacesIn(
  { ts }: Compiler,
  declarations: string,
): readonly { readonly name: string; readonly text: string }[] {
  const file = ts.createSourceFile("__prev__.d.ts", declarations, ts.ScriptTarget.Latest);
  const isNamespace = (statement: ts.Statement): statement is ts.ModuleDeclaration => ts.isModuleDeclaration(statement);
  return file.statements
    .filter(isNamespace)
    .map((statement) => ({ name: statement.name.text, text: declarations.slice(statement.pos, statement.end).trim() }));
}
