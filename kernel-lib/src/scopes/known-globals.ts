/** The built-ins of the language and of Node: they count by name, and are never walked. */
import { builtinModules } from "node:module";
import vm from "node:vm";
import { membersOf } from "../key/values/own-members";
import { intrinsics } from "./intrinsics";
import { LateGlobals } from "./late-globals";

const nodeGlobals = (
  "globalThis undefined NaN Infinity arguments eval process Buffer console global require module exports __filename __dirname " +
  "setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate queueMicrotask structuredClone atob btoa performance " +
  "fetch URL URLSearchParams TextEncoder TextDecoder TextDecoderStream TextEncoderStream AbortController AbortSignal " +
  "Event EventTarget MessageChannel MessagePort MessageEvent BroadcastChannel Blob File crypto Crypto CryptoKey SubtleCrypto " +
  "ReadableStream WritableStream TransformStream ReadableStreamDefaultReader CompressionStream DecompressionStream WebAssembly DOMException " +
  "PerformanceEntry PerformanceObserver navigator CustomEvent"
).split(" ");

const classesOfFetch = "FormData Headers Request Response WebSocket".split(" ");

const languageGlobals = vm.runInNewContext("Object.getOwnPropertyNames(globalThis)") as string[];
const names = new Set([...nodeGlobals, ...classesOfFetch, ...languageGlobals]);

/** Whether a name is a built-in global or one that user code created; undefined when there is no such global. */
export function globalKind(name: string): "builtin" | "user" | undefined {
  if (names.has(name)) return "builtin";
  return name in globalThis ? "user" : undefined;
}

/** The name of a value of the language or of Node (`Array.prototype.map`), found by identity. */
export function builtinName(value: object): string | undefined {
  const original = originalOf(value);
  if (!builtins.has(original)) late.load(original);
  return builtins.get(original);
}

/**
 * Declares that `wrapper` stands for `original`, a function or object of the language or of Node, so that keys are the same with and
 * without it. A wrapper of a wrapper stands for the innermost one. Proxies are possible.
 */
export function registerBuiltin(wrapper: object, original: object): void {
  originals.set(wrapper, originalOf(original));
}

/** What a registered wrapper stands for; any other value itself. */
export function originalOf<T extends object>(value: T): T {
  return (originals.get(value) as T | undefined) ?? value;
}

const originals = new WeakMap<object, object>();

/** A function or object that was added to a built-in one since this was loaded: `Math.double`, another `Math.cbrt`. */
export function addedToGlobal(name: string, member: string): object | undefined {
  if (unlisted.has(name) || !names.has(name)) return undefined;
  const owner: unknown = Object.getOwnPropertyDescriptor(globalThis, name)?.value;
  if (!isObject(owner) || builtinName(owner) === undefined) return undefined;
  const value: unknown = Object.getOwnPropertyDescriptor(owner, member)?.value;
  return isObject(value) && !originals.has(value) && !builtins.has(value) ? value : undefined;
}

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

/** Their members are not listed: they change while the process runs. */
const unlisted = new Set(["globalThis", "global", "process", "console"]);

/** Collected when this is loaded: what is added to a built-in object later is the user's. */
const builtins = new WeakMap<object, string>();
addBuiltins();
const late = new LateGlobals(classesOfFetch, (value, name) => add(value, name, 2));

function add(value: unknown, name: string, depth: number): void {
  if (!isObject(value) || builtins.has(value)) return;
  builtins.set(value, name);
  if (depth === 0) return;
  for (const { key, value: member, accessors } of membersOf(value))
    for (const each of [member, ...accessors]) add(each, `${name}.${key}`, depth - 1);
}

function addBuiltins(): void {
  // Not through globalThis, which also has the user's own globals.
  for (const name of languageGlobals.filter((each) => each !== "globalThis"))
    add((globalThis as Record<string, unknown>)[name], name, 2);
  for (const name of nodeGlobals)
    if (name !== "globalThis" && name !== "global" && name in globalThis)
      add((globalThis as Record<string, unknown>)[name], name, unlisted.has(name) ? 0 : 2);
  for (const [name, value] of intrinsics) add(value, name, 2);
  builtins.set(globalThis, "globalThis");
  builtins.set(process, "process");
  builtins.set(process.env, "process.env");
  builtins.set(console, "console");
}

/** `node:fs` for `fs` and `node:fs`; undefined for anything else. */
export function nodeModuleName(name: string): string | undefined {
  const bare = name.replace(/^node:/, "");
  return builtinModules.includes(bare) ? `node:${bare}` : undefined;
}
