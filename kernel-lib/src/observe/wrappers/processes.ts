/** Child processes: programs whose output the result may depend on. */
import { callSiteOf, type AnyFunction } from "../call-site";
import child from "node:child_process";
import threads from "node:worker_threads";
import { currentRecorder } from "../context";
import type { ReadRecorder } from "../recorder";
import { noteAlways } from "../volatile-notes";
import { lowLevel } from "./files";
import { methodIn, replaceMethod, replaces } from "./replace";
import { silently } from "../silence";

type Method = (this: unknown, ...args: unknown[]) => unknown;

export function observeProcesses(): void {
  for (const name of ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"])
    replaceMethod<Method>(child, name, (original) => starting(original, name));
  // Packages that were loaded earlier come through here.
  replaceMethod<Method>(child.ChildProcess.prototype, "spawn", (original) => startingBelow(original, "spawn"));
  replaceMethod<Method>(lowLevel("spawn_sync"), "spawn", (original) => startingBelow(original, "spawnSync"));
  observeThreads();
}

/** What a thread reads that the user's code starts is not seen. Packages compute in threads: a note. */
function observeThreads(): void {
  const original = threads.Worker as unknown as AnyFunction;
  const construct = (target: AnyFunction, args: unknown[], newTarget: AnyFunction): object => {
    const recorder = currentRecorder();
    const site = recorder && callSiteOf(construct, "user");
    if (recorder && site) {
      const [file, options] = args as [unknown, { readonly eval?: boolean } | undefined];
      const name = options?.eval === true ? "new Worker" : `new Worker ${nameOf(file)}`;
      recorder.addVolatile({ kind: "process", name, where: site.where, marks: site.owner === "user" });
    }
    // What it is made of is Node's own.
    return silently(() => Reflect.construct(target, args, newTarget) as object);
  };
  const handler = { construct } as ProxyHandler<AnyFunction>;
  Object.defineProperty(threads, "Worker", {
    ...Object.getOwnPropertyDescriptor(threads, "Worker"),
    value: replaces(new Proxy(original, handler), original),
  });
}

function starting(original: Method, name: string): Method {
  const wrapper: Method = methodIn({
    observed(this: unknown, ...args: unknown[]): unknown {
      const recorder = currentRecorder();
      if (!recorder) return Reflect.apply(original, this, args);
      note(recorder, name, args[0], wrapper);
      // It reads the environment, which is the program's.
      return silently(() => Reflect.apply(original, this, args));
    },
  });
  return wrapper;
}

function startingBelow(original: Method, name: string): Method {
  const wrapper: Method = methodIn({
    observed(this: unknown, ...args: unknown[]): unknown {
      const recorder = currentRecorder();
      if (recorder) note(recorder, name, commandIn(args[0] as SpawnOptions), wrapper);
      return silently(() => Reflect.apply(original, this, args));
    },
  });
  return wrapper;
}

/** Names the program alone: arguments may hold secrets. */
function note(recorder: ReadRecorder, name: string, command: unknown, wrapper: AnyFunction): void {
  noteAlways(recorder, "process", `${name} ${nameOf(command)}`, wrapper, "below");
}

function nameOf(command: unknown): string {
  const [program = ""] = String(command instanceof URL ? command.pathname : command)
    .trim()
    .split(/\s+/);
  return program.split(/[\\/]/).at(-1) ?? program;
}

interface SpawnOptions {
  readonly file: string;
  readonly args?: readonly string[];
}

/** A shell is called with `-c` and the command. */
function commandIn({ file, args = [] }: SpawnOptions): string {
  return args[1] === "-c" ? (args[2] ?? file) : file;
}
