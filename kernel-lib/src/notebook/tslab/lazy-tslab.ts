/**
 * tslab's modules for a kernel in this process. All but its converter are loaded without TypeScript, which takes longer than they do
 * themselves: they get a stand-in that loads it when it is first used.
 */
import { createRequire, Module } from "node:module";
import path from "node:path";
import { StagebookError } from "../../protocol";
import type { CellConverter } from "./compiled/cached-compiler";
import type { JupyterHandler, ZmqServer } from "./tslab";
import type { TypeScript } from "./type-schema";

export interface Tslab {
  readonly executor: {
    createExecutor(folder: string, converters: object, console: object): Executor;
  };
  readonly jupyter: {
    readonly JupyterHandlerImpl: new (executor: Executor, isJs: boolean) => JupyterHandler;
    readonly ZmqServer: new (handler: JupyterHandler, configPath: string) => Writable<ZmqServer>;
  };
  /** Loads TypeScript. */
  readonly createConverter: () => CellConverter;
  readonly loadTypeScript: () => TypeScript;
  /** Absolute: of tslab, and of its TypeScript. */
  readonly files: { readonly manifest: string; readonly converter: string; readonly typescript: string };
}

export interface Executor {
  interrupt(): void;
  close(): void;
}

export type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface ConverterModule {
  readonly createConverter: (options: { isJS: boolean; isBrowser: boolean }) => CellConverter;
}

interface MetadataModule {
  getCodeMetadata: (source: string) => object;
}

/**
 * The notebook folder's own tslab, as the kernel prefers it; else the one beside Stagebook. Loaded again for each kernel: its classes are
 * extended. Throws `tslab-missing`.
 */
export function loadTslab(folder: string): Tslab {
  for (const file of Object.keys(require.cache)) if (/[\\/]tslab[\\/]dist[\\/]/.test(file)) delete require.cache[file];
  const main = findMain(folder);
  const load = createRequire(main);
  const [typescript, converter] = ["@tslab/typescript-for-tslab", "./converter.js"].map((id) => load.resolve(id)) as [string, string]; // prettier-ignore
  const loadTypeScript = (): TypeScript => load(typescript) as TypeScript;
  const loadConverter = (): ConverterModule => load(converter) as ConverterModule;
  const isLoaded = require.cache[typescript] !== undefined;
  if (!isLoaded) require.cache[typescript] = standIn(typescript, loadTypeScript);
  require.cache[converter] = standIn(converter, loadConverter);
  try {
    const [executor, jupyter, metadata] = ["./executor.js", "./jupyter.js", "./metadata.js"].map((id) => load(id) as unknown); // prettier-ignore
    readMetadataLate(metadata as MetadataModule);
    return {
      executor: executor as Tslab["executor"],
      jupyter: jupyter as Tslab["jupyter"],
      createConverter: () => loadConverter().createConverter({ isJS: false, isBrowser: false }),
      loadTypeScript,
      files: { manifest: path.join(path.dirname(main), "..", "package.json"), converter, typescript },
    };
  } finally {
    // What requires them from now on gets them.
    if (!isLoaded) delete require.cache[typescript];
    delete require.cache[converter];
  }
}

function findMain(folder: string): string {
  for (const load of [createRequire(path.join(folder, "notebook.js")), require]) {
    try {
      return load.resolve("tslab/dist/public.js");
    } catch {
      // The next one.
    }
  }
  throw new StagebookError(
    "tslab-missing",
    `tslab is not installed in ${folder} or a parent folder`,
    "Install it there: npm install tslab.",
  );
}

/** A module in whose place another one is loaded when something of it is used. */
function standIn(file: string, load: () => object): NodeJS.Module {
  const module = new Module(file);
  // As compiled modules are marked: their importers take the object itself, not a copy.
  const marked = { __esModule: true };
  module.exports = new Proxy(marked, {
    get: (_, name) => (name === "__esModule" ? true : (Reflect.get(load(), name) as unknown)),
    has: (_, name) => name === "__esModule" || Reflect.has(load(), name),
  });
  module.loaded = true;
  return module;
}

/** Before a cell is compiled tslab looks for tags, such as `@module`, in the comments with which it begins, by means of TypeScript. */
function readMetadataLate(metadata: MetadataModule): void {
  const { getCodeMetadata } = metadata;
  metadata.getCodeMetadata = (source) => (mayHaveTags(source) ? getCodeMetadata(source) : {});
}

/** False only when there are none. */
export function mayHaveTags(source: string): boolean {
  const [head = ""] = HEAD.exec(source) ?? [];
  // A shebang, and the marks of a merge conflict, count as comments too.
  if (/^(#!|<{7}|={7}|>{7}|\|{7})/.test(source.slice(head.length))) return true;
  return /\/\*\*[^]*@/.test(head) && /module|jsx|node|browser|\\/.test(head);
}

/** White space as TypeScript sees it, and comments. */
const HEAD = /^(?:[\s\u0085\u200b]|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?(?:\*\/|$))*/;
