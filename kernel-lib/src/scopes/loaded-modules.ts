/** The modules that this process has loaded: which package or Node module an object or a script belongs to. */
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import type { ModuleRef, Namespace } from "../key/scopes";
import { nodeModuleName } from "./known-globals";

export class LoadedModules {
  private readonly byExports = new WeakMap<object, ModuleRef | "local">();
  private readonly byFile = new Map<string, ModuleRef | null>();
  private known = 0;

  constructor(private readonly notebookExports: () => object | undefined) {}

  namespaceOf(value: object): Namespace | undefined {
    if (value === this.notebookExports()) return { kind: "notebook" };
    if (types.isProxy(value)) return undefined;
    const module = this.ofExports(value);
    if (module !== undefined) return { kind: "module", module: module === "local" ? null : module };
    if (isEsNamespace(value)) return { kind: "module", module: this.ofDefault(value) };
    return this.ofDefault(value) !== null ? { kind: "wrapper" } : undefined;
  }

  /** The package or Node module that a script belongs to; null for the user's own code. */
  ofUrl(url: string): ModuleRef | null {
    if (url.startsWith("node:")) return { id: url, file: "" };
    const file = url.startsWith("file:") ? fileURLToPath(url) : url;
    if (!path.isAbsolute(file)) return null;
    const known = this.byFile.get(file);
    if (known !== undefined) return known;
    const module = this.isOwn(file) ? { id: "stagebook", file: "" } : packageOf(file);
    this.byFile.set(file, module);
    return module;
  }

  /** The module that `require(id)` returns. */
  required(require: unknown, id: string): ModuleRef | null {
    const node = nodeModuleName(id);
    if (node !== undefined) return { id: node, file: "" };
    const resolve: unknown = typeof require === "function" ? Reflect.get(require, "resolve") : undefined;
    if (typeof resolve !== "function") return null;
    try {
      return this.ofUrl(String(Reflect.apply(resolve, undefined, [id])));
    } catch {
      // Not found: the execution will fail with Node's own error.
      return null;
    }
  }

  private isOwn(file: string): boolean {
    const relative = path.relative(path.dirname(__dirname), file);
    return !relative.startsWith("..") && !path.isAbsolute(relative);
  }

  private ofExports(value: object): ModuleRef | "local" | undefined {
    const cache = require.cache;
    const files = Object.keys(cache);
    if (files.length !== this.known) {
      this.known = files.length;
      for (const file of files) {
        const exports: unknown = cache[file]?.exports;
        if (
          (typeof exports === "object" || typeof exports === "function") &&
          exports !== null &&
          !this.byExports.has(exports) &&
          !isOrdinary(exports)
        )
          this.byExports.set(exports, this.ofUrl(file) ?? "local");
      }
    }
    return this.byExports.get(value) ?? this.ofNode(value);
  }

  private ofNode(value: object): ModuleRef | undefined {
    for (const name of nodeModuleNames)
      if (process.getBuiltinModule?.(name) === value) return { id: nodeModuleName(name) ?? name, file: "" };
    return undefined;
  }

  /** Compiled imports wrap a module as `{ default: module }`, or also copy its members. */
  private ofDefault(value: object): ModuleRef | null {
    const inner = Object.getOwnPropertyDescriptor(value, "default")?.value as unknown;
    if ((typeof inner !== "object" && typeof inner !== "function") || inner === null) return null;
    const module = this.ofExports(inner);
    return module === undefined || module === "local" ? null : module;
  }
}

const isEsNamespace = (value: object): boolean =>
  Object.hasOwn(value, "__esModule") || types.isModuleNamespaceObject(value);
const isOrdinary = (value: object): boolean => value === Object.prototype || value === Function.prototype;

const nodeModuleNames = [
  "fs",
  "fs/promises",
  "path",
  "os",
  "util",
  "crypto",
  "url",
  "zlib",
  "stream",
  "stream/promises",
  "readline",
  "child_process",
  "http",
  "https",
  "net",
  "events",
  "buffer",
  "assert",
  "perf_hooks",
  "timers",
  "timers/promises",
  "worker_threads",
  "string_decoder",
  "querystring",
  "vm",
  "v8",
  "async_hooks",
  "dns",
  "tty",
];

/** The package of a file in node_modules, by the nearest package.json; null for the user's own files, including linked packages. */
function packageOf(file: string): ModuleRef | null {
  if (!file.includes(`${path.sep}node_modules${path.sep}`)) return null;
  for (let folder = path.dirname(file); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const manifest = path.join(folder, "package.json");
    if (!fs.existsSync(manifest)) continue;
    const { name, version } = JSON.parse(fs.readFileSync(manifest, "utf8")) as { name?: string; version?: string };
    if (name !== undefined)
      return { id: `${name}@${version ?? "?"}`, file: path.relative(folder, file).split(path.sep).join("/") };
  }
  return null;
}
