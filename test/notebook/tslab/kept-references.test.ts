/** Which files the compiler looks through for the references of a new program, without the repair and with it. */
import { createRequire } from "node:module";
import type ts from "@tslab/typescript-for-tslab";
import { expect, test } from "vitest";
import type { RepairTarget } from "../../../kernel-lib/src/notebook/tslab/repairs/repair";
import { keptReferences } from "../../../kernel-lib/src/notebook/tslab/repairs/compiler/kept-references";

type TypeScript = typeof ts & {
  readonly BuilderState: { create: (program: ts.Program, ...rest: unknown[]) => unknown };
};

/** A copy for this file alone: the repair stays in the one that it changes, which other tests of this process may use. */
function loadTypeScript(): TypeScript {
  const require = createRequire(import.meta.url);
  const file = require.resolve("@tslab/typescript-for-tslab");
  const shared = require.cache[file];
  Reflect.deleteProperty(require.cache, file);
  const own = require(file) as TypeScript;
  if (shared) require.cache[file] = shared;
  else Reflect.deleteProperty(require.cache, file);
  return own;
}

/** The program of a cell that imports a module, which imports another one. */
function createProgram(ts: TypeScript) {
  const files = new Map<string, ts.SourceFile & { version: string }>();
  let version = 0;
  const write = (name: string, text: string) =>
    files.set(
      name,
      Object.assign(ts.createSourceFile(name, text, ts.ScriptTarget.ES2022), { version: `${version++}` }),
    );
  const host: ts.CompilerHost = {
    getSourceFile: (name) => files.get(name),
    fileExists: (name) => files.has(name),
    readFile: (name) => files.get(name)?.text,
    getDefaultLibFileName: () => "/lib.d.ts",
    getCurrentDirectory: () => "/",
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    writeFile: () => undefined,
    createHash: (text) => text,
  };
  let builder: ts.SemanticDiagnosticsBuilderProgram | undefined;
  /** The errors of the files that may have changed, and everything that the cell refers to. */
  const build = () => {
    const options = { noLib: true, types: [], strict: true };
    builder = ts.createSemanticDiagnosticsBuilderProgram(["/cell.ts"], options, host, builder);
    const errors: string[] = [];
    for (let next; (next = builder.getSemanticDiagnosticsOfNextAffectedFile()); )
      errors.push(...next.result.map(({ file, messageText }) => `${file?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`)); // prettier-ignore
    const cell = builder.getSourceFile("/cell.ts");
    return { errors, references: cell ? [...builder.getAllDependencies(cell)].sort() : [] };
  };
  write("/b.ts", "export const b = 1;");
  write("/a.ts", 'import { b } from "./b"; export const a = b;');
  write("/cell.ts", 'import { a } from "./a"; export const one: number = a;');
  return { write, build };
}

test.each([
  ["stock tslab looks through all files for each cell", false, ["/b.ts", "/a.ts", "/cell.ts"]],
  ["with the repair only those that have changed", true, ["/cell.ts"]],
] as const)("[H1] kept-references: %s", (_, isRepaired, expected) => {
  const own = loadTypeScript();
  const { create } = own.BuilderState;
  let seen: readonly string[] = [];
  own.BuilderState.create = (program, ...rest) => {
    seen = program.getSourceFiles().map(({ fileName }) => fileName);
    return Reflect.apply(create, own.BuilderState, [program, ...rest]);
  };
  if (isRepaired) keptReferences.installInCompiler?.({ compiler: { ts: own } } as unknown as RepairTarget);
  const { write, build } = createProgram(own);
  const references = ["/a.ts", "/b.ts", "/cell.ts"];
  expect(build()).toEqual({ errors: [], references });
  write("/cell.ts", 'import { a } from "./a"; export const two: number = a;');
  expect(build()).toEqual({ errors: [], references });
  expect(seen).toEqual(expected);
  write("/b.ts", 'export const b = "text";');
  const { errors } = build();
  expect(errors.join()).toMatch(/cell\.ts: Type 'string' is not assignable to type 'number'/);
});
