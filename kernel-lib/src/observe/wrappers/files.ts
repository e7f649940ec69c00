/** Files and folders: the functions of `fs` and `fs/promises`, and below them the ones that Node's own `fs` calls. */
import { AsyncResource } from "node:async_hooks";
import fs from "node:fs";
import type { AnyFunction } from "../call-site";
import { currentRecorder, unobserved } from "../context";
import { tellingFstat } from "../opened-file";
import { noteAlways, noteClock } from "../volatile-notes";
import {
  copies,
  createsFolder,
  createsTemporary,
  linksFile,
  linksPath,
  moves,
  opens,
  readsFile,
  readsFolder,
  recordsPath,
  lstatsBelow,
  touches,
  writes,
  writesBelow,
  type PathEffect,
} from "./path-effects";
import { methodIn, ownerOf, replaceMethod, replaces } from "./replace";
import { observedStats, observeTypeTests } from "./stats";
import { observedWholeFile } from "./whole-files";
import { callSilently } from "../silence";

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Effects = Record<string, PathEffect>;

const [stats, exists, link] = [recordsPath("stat"), recordsPath("exists"), recordsPath("link")];

/** In `fs` and below it. */
const common: Effects = {
  open: opens,
  readdir: readsFolder,
  stat: stats,
  lstat: stats,
  access: exists,
  readlink: link,
  realpath: link,
  copyFile: copies,
  rename: moves,
  link: linksFile,
  symlink: linksPath,
  mkdir: createsFolder,
  mkdtemp: createsTemporary,
  unlink: touches,
  rmdir: touches,
  chmod: touches,
  chown: touches,
  lchown: touches,
  utimes: touches,
  lutimes: touches,
};

/** What a function of `fs` does with its arguments, in each of its three forms: sync, callback, promise. */
const effects: Effects = {
  ...common,
  readFile: readsFile,
  openAsBlob: readsFile,
  opendir: readsFolder,
  exists,
  cp: copies,
  mkdtempDisposable: createsTemporary,
  writeFile: writes("w"),
  appendFile: writes("a"),
  truncate: touches,
  rm: touches,
};

/** They call other functions of `fs`, also later. Those calls are not reads of the execution. */
const compound = new Set(["realpath", "cp", "rm"]);

/** Below `fs`: packages that were loaded before the wrappers still come through here. */
const lowEffects: Effects = {
  ...common,
  openFileHandle: opens,
  readFileUtf8: opens,
  existsSync: exists,
  writeFileUtf8: writesBelow,
  lstat: lstatsBelow,
  rmSync: touches,
  readdirRecursive: (recorder, [folder], wrapper) => readsFolder(recorder, [folder, { recursive: true }], wrapper),
};

/** Installs the wrappers. Returns false if this version of Node.js lacks the functions below `fs`. */
export function observeFiles(): boolean {
  observeStats();
  for (const [name, effect] of Object.entries(effects)) {
    const make = (original: Method): Method => observed(original, effect, compound.has(name));
    replaceMethod(fs, `${name}Sync`, name === "readFile" ? observedWholeFile : make);
    replaceMethod(fs, name, make);
    replaceMethod(fs.promises, name, make);
  }
  for (const realpath of [fs.realpath, fs.realpathSync])
    replaceMethod<Method>(realpath, "native", (original) => observed(original, link, false));
  for (const owner of [fs, fs.promises]) {
    for (const name of ["statfs", "statfsSync"])
      replaceMethod<Method>(owner, name, (original) => measured(original, name));
    for (const name of ["watch", "watchFile"])
      replaceMethod<Method>(owner, name, (original) => watched(original, name));
  }
  for (const name of ["read", "readSync", "readv", "readvSync"])
    replaceMethod<Method>(fs, name, (original) => observed(original, readsDescriptor, false));
  return observeBelow();
}

function observeStats(): void {
  for (const name of ["stat", "lstat"]) {
    replaceMethod<Method>(fs, `${name}Sync`, (original) => observedStats(original, stats, "sync"));
    replaceMethod<Method>(fs, name, (original) => observedStats(original, stats, "callback"));
    replaceMethod<Method>(fs.promises, name, (original) => observedStats(original, stats, "promise"));
  }
  replaceMethod<Method>(fs, "fstatSync", (original) => observedStats(original, readsNothing, "sync"));
  replaceMethod<Method>(fs, "fstat", (original) => observedStats(original, readsNothing, "callback"));
  observeTypeTests();
  replaceMethod<Method>(fs.promises, "open", observedOpen);
}

/** The class of file handles is not exported: it is that of the first handle. */
function observedOpen(original: Method): Method {
  const open = observed(original, opens, false);
  return methodIn({
    observed(this: unknown, ...args: unknown[]): unknown {
      const opened = Reflect.apply(open, this, args);
      if (currentRecorder() === undefined) return opened;
      return (opened as Promise<object>).then((handle) => {
        replaceMethod<Method>(ownerOf(handle, "stat"), "stat", (stat) => observedStats(stat, readsNothing, "promise"));
        return handle;
      });
    },
  });
}

/** An open file was recorded when it was opened. */
const readsNothing: PathEffect = () => undefined;

function observed(original: Method, effect: PathEffect, isCompound: boolean): Method {
  const wrapper: Method = methodIn({
    observed(this: unknown, ...args: unknown[]): unknown {
      const recorder = currentRecorder();
      if (recorder === undefined) return Reflect.apply(original, this, args);
      const touched = recorder.listTouched();
      effect(recorder, args, wrapper);
      const own = isCompound ? args.map(observedArgument) : args;
      const failed = (error: unknown): void =>
        recorder.failed(touched, (error as NodeJS.ErrnoException | undefined)?.code);
      try {
        const result = isCompound
          ? unobserved(() => Reflect.apply(original, this, own))
          : callSilently(original, this, own);
        if (touched.length > 0 && result instanceof Promise) result.catch(failed);
        return result;
      } catch (error) {
        failed(error);
        throw error;
      }
    },
  });
  return wrapper;
}

/** A callback, or a `filter` in options, is the execution's own code. */
function observedArgument(argument: unknown): unknown {
  if (typeof argument === "function") return AsyncResource.bind(argument as Method);
  if (typeof argument !== "object" || argument === null || !("filter" in argument)) return argument;
  const { filter } = argument;
  return typeof filter === "function" ? { ...argument, filter: AsyncResource.bind(filter as Method) } : argument;
}

/** Other descriptors were recorded when they were opened. */
const readsDescriptor: PathEffect = (recorder, [descriptor], wrapper) => {
  if (descriptor === 0) noteAlways(recorder, "system", "stdin", wrapper);
};

/** Free space is different each time. */
function measured(original: Method, name: string): Method {
  const wrapper: Method = methodIn({
    observed(this: unknown, ...args: unknown[]): unknown {
      const recorder = currentRecorder();
      if (recorder) noteClock(recorder, "system", `fs.${name}()`, wrapper);
      return Reflect.apply(original, this, args);
    },
  });
  return wrapper;
}

function watched(original: Method, name: string): Method {
  const wrapper: Method = methodIn({
    observed(this: unknown, ...args: unknown[]): unknown {
      const recorder = currentRecorder();
      if (recorder) noteAlways(recorder, "system", `fs.${name}()`, wrapper);
      return Reflect.apply(original, this, args);
    },
  });
  return wrapper;
}

function observeBelow(): boolean {
  const binding = lowLevel("fs");
  if (!binding) return false;
  for (const [name, effect] of Object.entries(lowEffects))
    replaceMethod<Method>(binding, name, (original) => {
      const wrapper: Method = methodIn({
        observed(this: unknown, ...args: unknown[]): unknown {
          const recorder = currentRecorder();
          if (recorder) effect(recorder, args, wrapper);
          return Reflect.apply(original, this, args);
        },
      });
      return wrapper;
    });
  replaceMethod(binding, "fstat", tellingFstat);
  for (const name of ["ReadFileJob", "WriteFileJob"]) observeJob(binding, name);
  return true;
}

/** In Node 26 and later: whole files in one go. The constructor takes a path and flags. */
function observeJob(binding: object, name: string): void {
  const original: unknown = Reflect.get(binding, name);
  if (typeof original !== "function") return;
  const construct = (target: AnyFunction, args: unknown[], newTarget: AnyFunction): object => {
    const recorder = currentRecorder();
    if (recorder) opens(recorder, args, construct);
    return Reflect.construct(target, args, newTarget) as object;
  };
  const handler = { construct } as ProxyHandler<AnyFunction>;
  Reflect.set(binding, name, replaces(new Proxy(original as AnyFunction, handler), original));
}

/** The native functions that a module of Node calls; undefined where Node.js lacks them (with its permission model). */
export function lowLevel(name: string): object | undefined {
  const setting = Object.getOwnPropertyDescriptor(process, "noDeprecation");
  try {
    process.noDeprecation = true;
    return (process as unknown as { binding(name: string): object }).binding(name);
  } catch {
    return undefined;
  } finally {
    if (setting) Object.defineProperty(process, "noDeprecation", setting);
    else delete process.noDeprecation;
  }
}
