/** Who calls a wrapper: the user's code, a package, Node itself or Stagebook; and where. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ownFolder } from "../async/own-code";

/** Any function, for its identity. */
export type AnyFunction = (...args: never[]) => unknown;

export interface CallSite {
  readonly owner: "user" | "package" | "node";
  /** The name of the script in stacks. */
  readonly script: string;
  /** `file:line:column`; "" when no frame is the user's. */
  readonly where: string;
  /** The name of the package that calls. */
  readonly package?: string;
  /** The offset of the call in the script's source. */
  readonly position: number;
  /** The sha256 of the script's source, in hex. */
  readonly hash: string;
}

/** Node's type definitions lack some methods. */
interface Frame extends NodeJS.CallSite {
  getScriptHash(): string;
  getPosition(): number;
}

const sep = path.sep;
const MAX_FRAMES = 60;

/** Programs that run the user's code: their own reads do not count. */
const HOSTS = /[\\/]node_modules[\\/](stagebook|tslab|piscina|jiti|typescript)[\\/]/;

/** Parts of Node that call the user's functions. Reads by other parts are Node's own. */
const CALLING_PARTS =
  /^node:(internal\/(timers|process\/task_queues|process\/promises|util|promisify|async_hooks|events|streams\/.*)|events|async_hooks|timers|timers\/promises|util|path|url|internal\/url|diagnostics_channel)$/;
/** Node's own copy of a package: its connections belong to `fetch`. */
const COPIES = /^node:internal\/deps\//;

/**
 * How much of the stack is read. `caller`: one frame if it tells, for what is read often. `user`: with the user's frame below a package's.
 * `below`: as `user`, for functions that only other functions of Node call.
 */
export type Depth = "caller" | "user" | "below";

/** The code that called `wrapper`. Undefined for a call that is Node's own or Stagebook's. */
export function callSiteOf(wrapper: AnyFunction, depth: Depth = "caller"): CallSite | undefined {
  if (depth === "caller") {
    const near = siteIn(framesBelow(wrapper, 1), depth);
    if (near !== "unclear") return known(near);
  }
  return known(siteIn(framesBelow(wrapper, MAX_FRAMES), depth));
}

const known = (site: CallSite | "own" | "unclear"): CallSite | undefined =>
  site === "own" ? undefined : site === "unclear" ? UNKNOWN : site;

/** Called from nothing that has a frame: a timer, a promise. */
const UNKNOWN: CallSite = { owner: "user", script: "", where: "", position: -1, hash: "" };

/** `unclear`: no frame tells. */
function siteIn(frames: readonly Frame[], depth: Depth): CallSite | "own" | "unclear" {
  let packageName: string | undefined;
  for (const frame of frames) {
    const script = scriptOf(frame);
    if (script === undefined || CALLING_PARTS.test(script)) continue;
    if (script.startsWith("node:")) {
      if (packageName === undefined && (depth !== "below" || COPIES.test(script))) return "own";
      continue;
    }
    const file = script.startsWith("file:") ? fileURLToPath(script) : script;
    if (isHost(file)) return packageName === undefined ? "own" : inPackage(packageName, "");
    const name = packageOf(file);
    if (name === undefined)
      return packageName === undefined ? siteOf(frame, file) : inPackage(packageName, locationOf(frame, file));
    packageName ??= name;
    if (depth === "caller") break;
  }
  return packageName === undefined ? "unclear" : inPackage(packageName, "");
}

function siteOf(frame: Frame, file: string): CallSite {
  return {
    owner: "user",
    script: file,
    where: locationOf(frame, file),
    position: frame.getPosition(),
    hash: frame.getScriptHash(),
  };
}

function inPackage(name: string, location: string): CallSite {
  const where = location === "" ? `package ${name}` : `${location} (package ${name})`;
  return { owner: "package", script: "", where, package: name, position: -1, hash: "" };
}

const locationOf = (frame: Frame, file: string): string =>
  `${file}:${frame.getLineNumber() ?? 0}:${frame.getColumnNumber() ?? 0}`;

/** The script of a frame; undefined for built-in functions. Code from `eval` belongs to the code that evaluated it. */
function scriptOf(frame: Frame): string | undefined {
  const name = frame.getScriptNameOrSourceURL() as string | null | undefined;
  if (typeof name === "string" && name !== "") return name;
  if (!frame.isEval()) return undefined;
  const origin = /\(([^()]+):\d+:\d+\)[^(]*$/.exec(frame.getEvalOrigin() ?? "")?.[1];
  return origin ?? "eval";
}

function isHost(file: string): boolean {
  return file.startsWith(ownFolder) || HOSTS.test(file);
}

/** `lodash`, `@scope/name`; undefined for the user's own files. */
function packageOf(file: string): string | undefined {
  const at = file.lastIndexOf(`${sep}node_modules${sep}`);
  if (at < 0) return undefined;
  const [scope = "", name = ""] = file.slice(at + "/node_modules/".length).split(sep);
  return scope.startsWith("@") ? `${scope}/${name}` : scope;
}

/** The frames below `wrapper`, the caller first. */
function framesBelow(wrapper: AnyFunction, limit: number): readonly Frame[] {
  const { stackTraceLimit } = Error;
  const prepareStackTrace: unknown = Reflect.get(Error, "prepareStackTrace");
  let frames: readonly Frame[] = [];
  try {
    Error.stackTraceLimit = limit;
    Error.prepareStackTrace = (_error, sites) => {
      frames = sites;
      return "";
    };
    const holder: { stack?: string } = {};
    Error.captureStackTrace(holder, wrapper);
    void holder.stack;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Reflect.set(Error, "prepareStackTrace", prepareStackTrace);
  }
  return frames;
}
