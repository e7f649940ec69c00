/**
 * Local modules that tslab does not find when it executes a cell although the compiler does: `import "./lib"` of `lib/index.ts`, names with a
 * dot (`./my.helper`), `.tsx`, `.mts` and `.cts` files, and everything outside the notebook's folder (`../src/data`), which it refuses. Compiled
 * imports name the compiled file itself, and modules from anywhere are compiled.
 */
import path from "node:path";
import type ts from "@tslab/typescript-for-tslab";
import type { Compiler, ConvertedCell } from "../../compiler";
import { requireOwn, type Repair } from "../repair";

/** What the compiler names its output after. */
const OUT_DIR = "outDir";

/** What the types of TypeScript leave out. */
interface PlacedProgram extends ts.Program {
  /** What the names of compiled files are relative to. */
  getCommonSourceDirectory(): string;
}

type SideOutput = NonNullable<ConvertedCell["sideOutputs"]>[number];

export const localModules: Repair = {
  name: "local-modules",
  installInCompiler({ compiler }) {
    const { converter, host, builder } = compiler;
    const folder = requireOwn<string>(compiler, "cwd");
    const source = requireOwn<string>(compiler, "srcFilename");
    /** Those that have not changed since they were compiled. */
    const emitted = requireOwn<Set<string>>(compiler, "sideInputsConverted");
    const target = requireOwn<ts.ScriptTarget>(compiler, "transpileTarget");
    const toCommonJs = requireOwn<(code: string, target: ts.ScriptTarget) => string>(
      compiler,
      "esModuleToCommonJSModule",
    );
    let found: SideOutput[] = [];
    // Nothing is outside of it.
    host.options.rootDir = path.posix.parse(folder).root;
    const wrap = (next: ts.BuilderProgram): void => {
      const emit = next.emit.bind(next);
      next.emit = (file, write, token, onlyDeclarations, transformers) =>
        emit(
          file,
          write &&
            ((name, data, ...rest) => {
              const compiled = path.posix.resolve(
                (next.getProgram() as PlacedProgram).getCommonSourceDirectory(),
                path.posix.relative(OUT_DIR, name),
              );
              if (isFoundByTslab(compiled, folder))
                write(path.posix.join(OUT_DIR, path.posix.relative(folder, compiled)), data, ...rest);
              else if (isCode(compiled)) found.push({ path: compiled, data: toCommonJs(data, target) });
            }),
          token,
          onlyDeclarations,
          { ...transformers, after: [...(transformers?.after ?? []), nameCompiledFiles(compiler, next)] },
        );
    };
    wrap(builder());
    const { afterProgramCreate } = host;
    host.afterProgramCreate = (next) => {
      wrap(next);
      afterProgramCreate(next);
    };
    const { convert } = converter;
    converter.convert = (declarations, cell) => {
      found = [];
      const converted = convert(declarations, cell);
      if (converted.output === undefined) return converted;
      for (const file of listLeftOut(builder(), source, emitted)) {
        emitted.add(file.fileName);
        builder().emit(file, (name, data) => {
          const compiled = path.posix.join(folder, path.posix.relative(OUT_DIR, name));
          if (isCode(compiled)) found.push({ path: compiled, data: toCommonJs(data, target) });
        });
      }
      if (found.length === 0) return converted;
      return { ...converted, sideOutputs: [...(converted.sideOutputs ?? []), ...found] };
    };
  },
};

/** The others tslab refuses, or leaves out. */
const isFoundByTslab = (compiled: string, folder: string): boolean =>
  !path.posix.relative(folder, compiled).startsWith("..") && !/\.[mc]js$/.test(compiled);

/** Imported files that tslab does not compile by itself, and that have not been compiled yet. */
function listLeftOut(builder: ts.BuilderProgram, cell: string, emitted: ReadonlySet<string>): readonly ts.SourceFile[] {
  const file = builder.getSourceFile(cell);
  return (file ? builder.getAllDependencies(file) : [])
    .filter((each) => /\.([jt]sx|[mc][jt]s)$/.test(each) && !/\.d\.[mc]ts$/.test(each) && !emitted.has(each))
    .flatMap((each) => builder.getSourceFile(each) ?? []);
}

const isCode = (compiled: string): boolean => /\.[mc]?js$/.test(compiled);

/** Replaces the names of modules which tslab would look for elsewhere. All others stay as they were written. */
function nameCompiledFiles({ ts }: Compiler, builder: ts.BuilderProgram): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    const folder = path.posix.dirname(ts.getOriginalNode(file, ts.isSourceFile)?.fileName ?? file.fileName);
    const renamed = (name: ts.Expression | undefined): ts.StringLiteral | undefined => {
      if (!name || !ts.isStringLiteralLike(name) || !/^\.{1,2}(\/|$)/.test(name.text)) return undefined;
      const id = compiledName(name.text, folder, findModule(builder, ts.getOriginalNode(name)));
      return id === undefined ? undefined : ts.factory.createStringLiteral(id);
    };
    const visit: ts.Visitor = (node) => {
      const { factory } = ts;
      if (ts.isImportDeclaration(node)) {
        const { modifiers, importClause, assertClause } = node;
        const name = renamed(node.moduleSpecifier);
        return name ? factory.updateImportDeclaration(node, modifiers, importClause, name, assertClause) : node;
      }
      if (ts.isExportDeclaration(node)) {
        const { modifiers, isTypeOnly, exportClause, assertClause } = node;
        const name = renamed(node.moduleSpecifier);
        return name ? factory.updateExportDeclaration(node, modifiers, isTypeOnly, exportClause, name, assertClause) : node; // prettier-ignore
      }
      if (ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || isRequire(ts, node))) {
        const name = renamed(node.arguments[0]);
        if (name) return factory.updateCallExpression(node, node.expression, node.typeArguments, [name]);
      }
      return ts.visitEachChild(node, visit, context);
    };
    return ts.visitEachChild(file, visit, context);
  };
}

const isRequire = (typescript: Compiler["ts"], { expression }: ts.CallExpression): boolean =>
  typescript.isIdentifier(expression) && expression.text === "require";

/** The file that a module's name leads to; undefined for one that the compiler does not know. */
function findModule(builder: ts.BuilderProgram, name: ts.Node): string | undefined {
  const symbol = builder.getProgram().getTypeChecker().getSymbolAtLocation(name);
  const declared = symbol?.valueDeclaration ?? symbol?.declarations?.[0];
  return declared?.getSourceFile().fileName;
}

/** The name of the compiled file, from the folder of the code that imports it; undefined where tslab finds it by the name that it has. */
function compiledName(id: string, folder: string, file: string | undefined): string | undefined {
  if (file === undefined || /\.d\.[mc]?ts$|\.json$/.test(file)) return undefined;
  const compiled = file.replace(/\.([mc]?)[jt]sx?$/, ".$1js");
  const asked = path.posix.join(folder, id);
  if (compiled === (path.posix.extname(asked) === "" ? `${asked}.js` : asked)) return undefined;
  const relative = path.posix.relative(folder, compiled);
  return relative.startsWith(".") ? relative : `./${relative}`;
}
