/* eslint-disable no-console -- this file wraps the console */
/** Capture of what stages print: `console.*` and writes to stdout and stderr become log events of their stage, and still reach the cell. */
import { format } from "node:util";
import type { LogLevel } from "../protocol";
import { secrets } from "../secrets/secret-texts";
import { findActivity, withinActivity, type Activity } from "../run/state/activity";

const levels = { log: "info", info: "info", debug: "debug", warn: "warn", error: "error" } as const satisfies Record<
  string,
  LogLevel
>;
type Method = keyof typeof levels;

type Write = typeof process.stdout.write;

/** Activities of console calls: the line is logged already, and is not logged again when it reaches the stream. */
const logged = new WeakSet<Activity>();
let isCapturing = false;
/** The functions that undo the replacements. */
const restores: (() => void)[] = [];

/** Starts capturing in this process, once for all pipelines. Outside of stages and cells nothing changes. */
export function captureOutput(): void {
  if (isCapturing) return;
  isCapturing = true;
  for (const method of Object.keys(levels) as Method[]) captureMethod(method);
  captureStream("stdout");
  captureStream("stderr");
}

function captureMethod(method: Method): void {
  const before = Object.getOwnPropertyDescriptor(console, method);
  if (before) restores.push(() => void Object.defineProperty(console, method, before));
  const original = console[method].bind(console);
  console[method] = (...args: unknown[]): void => {
    const activity = findActivity();
    if (!activity.stage) return original(...args);
    activity.stage.printed(levels[method], format(...args));
    if (activity.source === "page") return;
    const within = { ...activity };
    logged.add(within);
    withinActivity(within, () => original(...args));
  };
}

/** Ends capturing: console and streams are what they were before, whatever a tslab kernel has assigned to them meanwhile. */
export function releaseOutput(): void {
  for (const restore of restores.splice(0)) restore();
  isCapturing = false;
}

/** tslab redirects the streams for each cell by assigning `write`: an accessor keeps ours in front of what it assigns. */
function captureStream(name: "stdout" | "stderr"): void {
  const stream = process[name];
  const before = Object.getOwnPropertyDescriptor(stream, "write");
  restores.push(() => {
    if (before) Object.defineProperty(stream, "write", before);
    else Reflect.deleteProperty(stream, "write");
  });
  let target: Write = stream.write.bind(stream);
  const write = ((chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    const activity = findActivity();
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    if (activity.stage && !logged.has(activity) && text.trim() !== "")
      activity.stage.printed(name === "stdout" ? "info" : "error", text.replace(/\n$/, ""));
    if (activity.stage && activity.source === "page") return true;
    const shown = secrets.mask(text);
    if (!activity.write) return (target as (...args: unknown[]) => boolean)(shown === text ? chunk : shown, ...rest);
    activity.write(name, shown);
    return true;
  }) as Write;
  Object.defineProperty(stream, "write", {
    configurable: true,
    enumerable: true,
    get: () => write,
    set: (assigned: Write) => void (target = assigned),
  });
}
