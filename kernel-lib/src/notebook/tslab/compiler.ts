/** tslab's compiler as it lives in the running kernel: TypeScript, the converter of cells, and the program that TypeScript keeps up to date. */
import type ts from "@tslab/typescript-for-tslab";
import { readFunctionScope, readFunctionScopes, readProxyHandler } from "../../scopes/inspector-session";
import type { DeclaredParam } from "../../stage/param";
import { readDeclaredParams, type CheckedCell } from "./declared-params";
import { findNotebookExports } from "./tslab";
import type { TypeScript } from "./type-schema";

/** A message of the compiler, as tslab prints it. Lines and columns start at 0. */
export interface CellDiagnostic {
  readonly start: CellPosition;
  readonly end: CellPosition;
  readonly messageText: string;
  readonly category: number;
  readonly code: number;
  /** Absent for the cell itself. */
  readonly fileName?: string;
}

export interface CellPosition {
  readonly offset: number;
  readonly line: number;
  readonly character: number;
}

/** A compiled cell, as tslab's executor takes it. */
export interface ConvertedCell {
  readonly output?: string;
  /** Declarations of all variables of the notebook, with those of the cell. */
  readonly declOutput?: string;
  readonly diagnostics: readonly CellDiagnostic[];
  readonly hasToplevelAwait?: boolean;
  readonly sideOutputs?: readonly { readonly path: string; readonly data: string }[];
  readonly lastExpressionVar?: string;
}

/** What tslab offers at a position of a cell. Offsets are those of the cell. */
export interface CellCompletion {
  readonly start: number;
  readonly end: number;
  readonly candidates: readonly string[];
  readonly original?: { readonly entries: readonly ts.CompletionEntry[] };
}

/** The object through which tslab's executor calls the compiler: what replaces one of its functions is called instead. */
export interface Converter {
  convert: (declarations: string, source: string) => ConvertedCell;
  inspect: (declarations: string, source: string, position: number) => ts.QuickInfo | undefined;
  complete: (declarations: string, source: string, position: number) => CellCompletion;
}

/** The host of TypeScript's watching program. */
export interface WatchHost {
  readonly options: ts.CompilerOptions;
  afterProgramCreate: (builder: ts.BuilderProgram) => void;
  setTimeout: (callback: () => void, ms: number) => unknown;
  clearTimeout: (timer: unknown) => void;
}

/** What TypeScript remembers about resolved imports. */
export interface ResolutionCache {
  clear(): void;
  removeResolutionsOfFile(file: string): void;
  invalidateResolutionsOfFailedLookupLocations(): boolean;
}

/** The compiler of cells as the rest of Stagebook needs it, whether TypeScript is loaded or not. */
export interface CellCompiler {
  /**
   * Has `install` change the compiler before it compiles the next cell: now, or when TypeScript is loaded, if ever. It returns whether
   * everything could be changed. `state`: whatever else it depends on, as text.
   */
  change(install: (compiler: Compiler) => boolean, state: string): void;
  /** What the cell that was compiled last says about its parameters. Empty when it has another source. */
  declaredParams(source: string): ReadonlyMap<string, DeclaredParam>;
}

export interface Compiler {
  readonly ts: TypeScript;
  readonly converter: Converter;
  readonly host: WatchHost;
  readonly resolutions: ResolutionCache;
  /** Variables and functions of the converter itself that are assigned once. Undefined for a name that this version of tslab lacks. */
  readonly own: (name: string) => unknown;
  /** The present program; tslab creates another one for each cell. */
  readonly builder: () => ts.BuilderProgram;
  /** The cell that was compiled last. */
  checkedCell(): CheckedCell | undefined;
  /** The files of the user with the state in which cells were compiled with them, by path. */
  readonly seenFiles: Map<string, string>;
}

/** The compiler of the running kernel; undefined when this version of tslab is built differently. */
export function findCellCompiler(): CellCompiler | undefined {
  const exports = findNotebookExports();
  const trap = exports && readProxyHandler(exports)?.defineProperty;
  // In the scope of the executor, which made the object of the variables.
  const found = typeof trap === "function" ? readFunctionScope(trap, "convs") : undefined;
  const { cells, node } = (found ?? {}) as { readonly cells?: CellCompiler; readonly node?: Partial<Converter> };
  if (cells) return cells;
  const compiler = node && readCompiler(node);
  return (
    compiler && {
      change: (install) => void install(compiler),
      declaredParams: (source) => declaredParamsIn(compiler, source),
    }
  );
}

/** Of the cell that was compiled last. While a cell waits, a request for completions may have the compiler hold other code. */
export function declaredParamsIn(compiler: Compiler, source: string): ReadonlyMap<string, DeclaredParam> {
  const checked = compiler.checkedCell();
  return checked?.file.text.includes(source.trim()) ? readDeclaredParams(checked) : new Map();
}

/** The compiler of a converter of tslab; undefined when this version of tslab is built differently. */
export function readCompiler(
  converter: Partial<Converter>,
  seenFiles: Map<string, string> = new Map(),
): Compiler | undefined {
  const { convert } = converter;
  if (typeof convert !== "function") return undefined;
  const scope = new Map(readFunctionScopes(convert));
  const ts = scope.get("ts") as TypeScript | undefined;
  const source = scope.get("srcFilename");
  const close = (scope.get("watch") as { readonly close?: unknown } | undefined)?.close;
  if (!ts?.forEachChild || typeof source !== "string" || typeof close !== "function") return undefined;
  const watch = readFunctionScopes(close);
  const host = watch.get("host") as WatchHost | undefined;
  const resolutions = watch.get("resolutionCache") as ResolutionCache | undefined;
  if (!host?.options || !resolutions) return undefined;
  let builder = scope.get("builder") as ts.BuilderProgram;
  // Programs are large: this one would be kept for good.
  scope.delete("builder");
  const created = host.afterProgramCreate;
  host.afterProgramCreate = (next) => {
    builder = next;
    created(next);
  };
  return {
    ts,
    converter: converter as Converter,
    host,
    resolutions,
    seenFiles,
    own: (name) => scope.get(name),
    builder: () => builder,
    checkedCell: () => {
      const program = builder.getProgram();
      const file = program.getSourceFile(source);
      return file && { ts, program, file };
    },
  };
}
