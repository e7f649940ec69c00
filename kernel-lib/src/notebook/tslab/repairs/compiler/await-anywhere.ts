/**
 * `await` wherever the top level of a cell allows it. tslab recognizes it by an error of the compiler, which the compiler reports for
 * `await name` alone: a cell with only `for await`, `await (…)` or `await import(…)` was executed as a plain function and failed.
 */
import type ts from "@tslab/typescript-for-tslab";
import type { Compiler } from "../../compiler";
import { readCell } from "./cell-source";
import { requireOwn, type Repair } from "../repair";

export const awaitAnywhere: Repair = {
  name: "await-anywhere",
  installInCompiler({ compiler }) {
    completeParsedTwice(compiler);
    const { convert } = compiler.converter;
    compiler.converter.convert = (declarations, source) => {
      const converted = convert(declarations, source);
      if (converted.hasToplevelAwait || !source.includes("await") || converted.output === undefined) return converted;
      const { file } = readCell(compiler, source);
      return { ...converted, hasToplevelAwait: awaits(compiler.ts, file) };
    };
  },
};

/** Whether the code itself has an `await`, not a function in it. */
function awaits(ts: Compiler["ts"], node: ts.Node): boolean {
  if (ts.isAwaitExpression(node)) return true;
  if (ts.isForOfStatement(node) && node.awaitModifier) return true;
  if (ts.isFunctionLike(node)) return false;
  return ts.forEachChild(node, (child) => awaits(ts, child) || undefined) ?? false;
}

/**
 * The compiler parses a cell with `await (…)` twice, and writes the declarations of the cell from the first tree, which has no path:
 * "Paths must either both be absolute or both be relative".
 */
function completeParsedTwice(compiler: Compiler): void {
  const { host } = compiler;
  const source = requireOwn<string>(compiler, "srcFilename");
  const { afterProgramCreate } = host;
  host.afterProgramCreate = (builder) => {
    afterProgramCreate(builder);
    const file: PlacedFile | undefined = builder.getSourceFile(source);
    const { original } = file ?? {};
    if (file && original?.path === "") {
      original.path = file.path;
      original.resolvedPath = file.resolvedPath;
      original.originalFileName = file.originalFileName;
    }
  };
}

/** Fields of a source file that the types of TypeScript leave out. */
interface PlacedFile extends ts.SourceFile {
  original?: PlacedFile;
  path?: string;
  resolvedPath?: string;
  originalFileName?: string;
}
