/**
 * A cache of the references of unchanged files. For each cell the compiler determines again which files every file of every package refers to:
 * with a few large packages more than half of the time that a cell takes.
 */
import type ts from "@tslab/typescript-for-tslab";
import type { Repair } from "../repair";

export const keptReferences: Repair = {
  name: "kept-references",
  installInCompiler({ compiler }) {
    const states = (compiler.ts as unknown as { readonly BuilderState?: BuilderStates }).BuilderState;
    if (typeof states?.create !== "function") throw new Error("BuilderState was not found");
    keepReferences(states);
  },
};

interface BuilderStates {
  create: ((program: ts.Program, old: BuilderState | undefined, flag: boolean) => BuilderState) & {
    readonly [KEEPS]?: true;
  };
}

/** The compiler's own record of a program. */
interface BuilderState {
  fileInfos: Map<string, FileInfo>;
  readonly referencedMap?: PathMap;
  readonly exportedModulesMap?: PathMap;
  /** Of signatures that are not final yet, until the next program. */
  readonly oldSignatures?: Map<string, string | false>;
  readonly oldExportedModulesMap?: Map<string, ReadonlySet<string> | false>;
}

interface FileInfo {
  readonly version: string;
  readonly signature: string | undefined;
  readonly affectsGlobalScope: boolean | undefined;
  readonly impliedFormat: unknown;
}

interface PathMap {
  getValues(path: string): ReadonlySet<string> | undefined;
  set(path: string, values: ReadonlySet<string>): void;
}

type File = ts.SourceFile & {
  readonly resolvedPath: string;
  readonly version: string;
  readonly resolvedModules?: { forEach(visit: (resolution: Resolution | undefined) => void): void };
};

type Resolution =
  { readonly resolvedFileName?: string } | { readonly resolvedModule?: { readonly resolvedFileName: string } };

interface Known {
  readonly references: ReadonlySet<string> | undefined;
  /** The compiler's table of its imports: another one after they were resolved again. */
  readonly table: unknown;
  /** What its imports were resolved to. */
  readonly resolved: string;
  readonly ambient: string;
}

/** One TypeScript may serve several kernels in turn. */
const KEEPS: unique symbol = Symbol("keeps references");

function keepReferences(states: BuilderStates): void {
  const original = states.create;
  if (original[KEEPS]) return;
  const known = new WeakMap<ts.SourceFile, Known>();
  const create: BuilderStates["create"] = (program, old, flag) => {
    const files = program.getSourceFiles() as readonly File[];
    const ambient = ambientFiles(program);
    const isKept = (file: File): boolean => {
      const before = known.get(file);
      if (before?.ambient !== ambient || old?.fileInfos.has(file.resolvedPath) !== true) return false;
      return before.table === file.resolvedModules || before.resolved === resolvedNames(file);
    };
    const kept = old?.referencedMap ? new Set(files.filter(isKept)) : new Set<File>();
    const changed = files.filter((file) => !kept.has(file));
    const state = original(withFiles(program, changed), old, flag);
    const { referencedMap, exportedModulesMap } = state;
    if (!referencedMap) return state;
    for (const file of changed)
      known.set(file, {
        references: referencedMap.getValues(file.resolvedPath),
        table: file.resolvedModules,
        resolved: resolvedNames(file),
        ambient,
      });
    const infos = new Map<string, FileInfo>();
    for (const file of files) {
      const path = file.resolvedPath;
      const info = (kept.has(file) ? old : state)?.fileInfos.get(path);
      if (!info) continue;
      if (!kept.has(file) || !old) {
        infos.set(path, info);
        continue;
      }
      const references = known.get(file)?.references;
      if (references) referencedMap.set(path, references);
      const exported = pending(old.oldExportedModulesMap?.get(path), () => old.exportedModulesMap?.getValues(path));
      if (exported) exportedModulesMap?.set(path, exported);
      infos.set(path, { ...info, signature: pending(old.oldSignatures?.get(path), () => info.signature) });
    }
    // In the order of the program, as the compiler makes them.
    state.fileInfos = infos;
    return state;
  };
  states.create = Object.assign(create, { [KEEPS]: true as const });
}

/** As the compiler itself chooses: what is not final yet, or what was final before. */
function pending<T>(notFinal: T | false | undefined, final: () => T | undefined): T | undefined {
  return notFinal === undefined ? final() : notFinal || undefined;
}

/** The files of modules that several files declare: every file refers to them. */
function ambientFiles(program: ts.Program): string {
  const paths = new Set<string>();
  for (const { declarations = [] } of program.getTypeChecker().getAmbientModules())
    if (declarations.length > 1)
      for (const declaration of declarations) paths.add(declaration.getSourceFile().fileName);
  return [...paths].sort().join("\n");
}

function resolvedNames(file: File): string {
  let names = "";
  file.resolvedModules?.forEach((resolution) => {
    const module = resolution && ("resolvedModule" in resolution ? resolution.resolvedModule : resolution);
    names += `${(module as { readonly resolvedFileName?: string } | undefined)?.resolvedFileName ?? ""}\n`;
  });
  return names;
}

/** The program as if it had these files alone. */
function withFiles(program: ts.Program, files: readonly ts.SourceFile[]): ts.Program {
  return new Proxy(program, {
    get: (target, name, receiver) =>
      name === "getSourceFiles" ? () => files : (Reflect.get(target, name, receiver) as unknown),
  });
}
