/** The machine and the process: what stays the same can be compared, loads and sizes cannot. */
import dns from "node:dns";
import os from "node:os";
import util from "node:util";
import v8 from "node:v8";
import { callSiteOf, type AnyFunction } from "../call-site";
import { currentRecorder } from "../context";
import type { ReadRecorder } from "../recorder";
import { isExamined, noteClock } from "../volatile-notes";
import { ownerOf, replaceGetter, replaceMethod } from "./replace";

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Of `os`; the user's own code reads them. */
const CONSTANT =
  "arch availableParallelism endianness getPriority homedir machine platform release tmpdir totalmem type version".split(
    " ",
  );
/** Of `os`; packages read them for a result too. */
const IDENTIFYING = "hostname networkInterfaces userInfo".split(" ");
const CHANGING = "freemem loadavg uptime".split(" ");
/** Data properties of `process`. */
const PROCESS_CONSTANT = "version versions argv execArgv execPath release config".split(" ");
/** Who runs the process. Not on Windows. */
const USER = "getuid geteuid getgid getegid getgroups".split(" ");
const PROCESS_CHANGING = (
  "memoryUsage cpuUsage threadCpuUsage resourceUsage uptime availableMemory constrainedMemory getActiveResourcesInfo " +
  "_getActiveHandles _getActiveRequests"
).split(" ");
const HEAP = "getHeapStatistics getHeapSpaceStatistics getHeapCodeStatistics".split(" ");

export function observeSystem(): void {
  for (const name of CONSTANT) replaceMethod<Method>(os, name, (original) => constant(original, name, false));
  for (const name of IDENTIFYING) replaceMethod<Method>(os, name, (original) => constant(original, name, true));
  replaceMethod<Method>(os, "cpus", processors);
  for (const name of USER)
    replaceMethod<Method>(process, name, (original) => constant(original, `process.${name}`, true));
  replaceMethod<Method>(process, "umask", mask);
  replaceMethod<Method>(dns, "getServers", (original) => constant(original, "dns.getServers", true));
  replaceMethod<Method>(util, "parseArgs", argumentsOf);
  for (const name of CHANGING) replaceMethod<Method>(os, name, (original) => changing(original, `os.${name}()`));
  for (const name of PROCESS_CHANGING)
    replaceMethod<Method>(process, name, (original) => changing(original, `process.${name}()`));
  replaceMethod<Method>(process.memoryUsage, "rss", (original) => changing(original, "process.memoryUsage.rss()"));
  for (const name of HEAP) replaceMethod<Method>(v8, name, (original) => changing(original, `v8.${name}()`));
  replaceMethod<Method>(process.report, "getReport", (original) => changing(original, "process.report.getReport()"));
  for (const name of ["EOL", "devNull"]) observeProperty(os, name, name, readConstant);
  for (const name of ["platform", "arch"]) observeProperty(process, name, name, readConstant);
  for (const name of PROCESS_CONSTANT) observeProperty(process, name, `process.${name}`, readConstant);
  for (const name of ["pid", "ppid"])
    observeProperty(process, name, `process.${name}`, (recorder, shown, getter) =>
      noteClock(recorder, "system", shown, getter),
    );
  replaceGetter<unknown>(process, "stdin", (original) => {
    const getter = function (this: unknown): unknown {
      const recorder = currentRecorder();
      if (recorder) noteClock(recorder, "system", "process.stdin", getter);
      return original.call(this);
    };
    return getter;
  });
  observeNavigator();
}

function constant(original: Method, name: string, inPackages: boolean): Method {
  const wrapper: Method = (...args) => {
    const recorder = currentRecorder();
    if (recorder) readConstant(recorder, name, wrapper, inPackages);
    return original(...args);
  };
  return wrapper;
}

function readConstant(recorder: ReadRecorder, name: string, wrapper: AnyFunction, inPackages = false): void {
  if (recorder.hasValue("system", name) || !isExamined(recorder, `system ${name}`)) return;
  const site = callSiteOf(wrapper);
  if (site && (site.owner === "user" || inPackages)) recorder.readValue("system", name);
}

/** Without an argument it is read, with one it is set. */
function mask(original: Method): Method {
  const wrapper: Method = (...args) => {
    const recorder = currentRecorder();
    if (recorder && args.length === 0) readConstant(recorder, "process.umask", wrapper, true);
    return original(...args);
  };
  return wrapper;
}

/** Without a list of its own it takes the arguments of the process. */
function argumentsOf(original: Method): Method {
  const wrapper: Method = (...args) => {
    const recorder = currentRecorder();
    const [config] = args as [{ readonly args?: unknown } | undefined];
    if (recorder && config?.args === undefined) readConstant(recorder, "process.argv", wrapper);
    return original(...args);
  };
  return wrapper;
}

function changing(original: Method, name: string): Method {
  const wrapper: Method = (...args) => {
    const recorder = currentRecorder();
    if (recorder) noteClock(recorder, "system", name, wrapper);
    return original(...args);
  };
  return wrapper;
}

/** The number and the models are constant, the times of processors are not. */
function processors(original: Method): Method {
  const wrapper = (): unknown => {
    const list = original() as readonly os.CpuInfo[];
    const recorder = currentRecorder();
    if (!recorder) return list;
    readConstant(recorder, "cpus", wrapper);
    for (const processor of list)
      for (const field of ["times", "speed"] as const) {
        const value = processor[field];
        const get = (): unknown => {
          const reading = currentRecorder();
          if (reading) noteClock(reading, "system", `os.cpus()[].${field}`, get);
          return value;
        };
        Object.defineProperty(processor, field, { get, configurable: true, enumerable: true });
      }
    return list;
  };
  return wrapper;
}

/** A data property becomes a getter; what is assigned or defined later replaces it. */
function observeProperty(
  owner: object,
  name: string,
  shown: string,
  read: (recorder: ReadRecorder, shown: string, getter: AnyFunction) => void,
): void {
  const property = Object.getOwnPropertyDescriptor(owner, name);
  if (property?.configurable !== true || !("value" in property)) return;
  const { value, writable } = property as { value: unknown; writable: boolean };
  const get = (): unknown => {
    const recorder = currentRecorder();
    if (recorder) read(recorder, shown, get);
    return value;
  };
  const set = (next: unknown): void => {
    Object.defineProperty(owner, name, { ...property, value: next });
  };
  Object.defineProperty(owner, name, { get, set: writable ? set : undefined, configurable: true, enumerable: true });
}

/** In Node 21 and later. */
function observeNavigator(): void {
  const { navigator } = globalThis as { navigator?: object };
  if (!navigator) return;
  for (const name of ["language", "languages", "hardwareConcurrency", "platform", "userAgent"])
    replaceGetter<unknown>(ownerOf(navigator, name), name, (original) => {
      const getter = function (this: unknown): unknown {
        const recorder = currentRecorder();
        if (recorder && name.startsWith("language")) recorder.readValue("locale", "");
        else if (recorder) readConstant(recorder, `navigator.${name}`, getter);
        return original.call(this);
      };
      return getter;
    });
}
