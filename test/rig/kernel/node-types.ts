/**
 * A stand-in for @types/node: names what cells of tests use of Node.js, most of it as `any`. TypeScript reads and checks the real one for
 * one second at the start of each process that compiles cells.
 */
import { builtinModules } from "node:module";

const names = builtinModules.filter((name) => !name.startsWith("_"));
const modules = [...names, ...names.map((name) => `node:${name}`), "node:test", "node:sea"];

const declarations = `
declare var process: any;
declare var require: any;
declare var module: any;
declare var exports: any;
declare var __dirname: string;
declare var __filename: string;
declare var global: typeof globalThis;
declare var console: any;
declare var performance: any;
declare var crypto: any;
declare function gc(): void;
declare function fetch(input: any, init?: any): Promise<any>;
declare function structuredClone<T>(value: T, options?: any): T;
declare function queueMicrotask(callback: () => void): void;
declare function setTimeout(callback: (...args: any[]) => void, ms?: number, ...args: any[]): NodeJS.Timeout;
declare function setInterval(callback: (...args: any[]) => void, ms?: number, ...args: any[]): NodeJS.Timeout;
declare function setImmediate(callback: (...args: any[]) => void, ...args: any[]): any;
declare function clearTimeout(timer?: any): void;
declare function clearInterval(timer?: any): void;
declare function clearImmediate(timer?: any): void;

interface Buffer extends Uint8Array { [name: string]: any }
declare var Buffer: any;
interface Event { readonly type: string }
interface AbortSignal { readonly aborted: boolean; readonly reason: any; onabort: any; throwIfAborted(): void; addEventListener(type: string, listener: any, options?: any): void; removeEventListener(type: string, listener: any): void }
declare var AbortSignal: any;
interface AbortController { readonly signal: AbortSignal; abort(reason?: any): void }
declare var AbortController: { new (): AbortController };
interface URL { href: string; [name: string]: any }
declare var URL: { new (url: string | URL, base?: string | URL): URL; [name: string]: any };
interface URLSearchParams { [name: string]: any }
declare var URLSearchParams: any;
interface TextEncoder { encode(text?: string): Uint8Array }
declare var TextEncoder: { new (): TextEncoder };
interface TextDecoder { decode(bytes?: any, options?: any): string }
declare var TextDecoder: { new (label?: string, options?: any): TextDecoder };
interface Blob { [name: string]: any }
declare var Blob: any;
interface ReadableStream<R = any> { [name: string]: any }
declare var ReadableStream: any;
interface MessagePort { [name: string]: any }
declare var MessageChannel: any;
declare var EventTarget: any;
declare var WebAssembly: any;
type BufferEncoding = "ascii" | "utf8" | "utf-8" | "utf16le" | "base64" | "base64url" | "latin1" | "binary" | "hex";

declare namespace NodeJS {
  interface Timeout { ref(): this; unref(): this; hasRef(): boolean; [Symbol.toPrimitive](): number }
  interface ProcessEnv { [name: string]: string | undefined }
  interface ErrnoException extends Error { errno?: number; code?: string; path?: string; syscall?: string }
  type Signals = string;
}

${modules.map((name) => `declare module "${name}";`).join("\n")}
`;

/** The files of the package, by name. */
export const nodeTypes = {
  "package.json": JSON.stringify({ name: "@types/node", version: "20.0.0", types: "index.d.ts" }),
  "index.d.ts": declarations,
};
