/** `process.env` and the working folder. */
import { callSiteOf, type AnyFunction } from "../call-site";
import { currentRecorder } from "../context";
import { forgetRelativePaths } from "../own-paths";
import { RELATIVE_PATHS } from "../reads";
import type { ReadRecorder } from "../recorder";
import { isExamined, reachesResult } from "../volatile-notes";
import { replaceMethod, replaces } from "./replace";

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Variables that decide how packages print in a terminal, and not what they return. */
const TERMINAL =
  /^(TERM|COLORTERM|NO_COLOR|FORCE_COLOR|NODE_DISABLE_COLORS|CLICOLOR(_FORCE)?|COLUMNS|LINES|DEBUG|NODE_DEBUG|TERM_PROGRAM(_VERSION)?|CI|TMUX|WT_SESSION)$/;
/** The list of all names. */
const NAMES = "";

export function observeEnvironment(): void {
  const original = process.env;
  process.env = replaces(new Proxy(original, handler), original);
  observeWorkingFolder();
}

const readTrap = (target: NodeJS.ProcessEnv, name: PropertyKey): unknown => {
  if (currentRecorder() && !isMethod(target, name)) readVariable(name, readTrap);
  return target[name as string];
};

/** `process.env.hasOwnProperty`: a method, not a variable. */
const isMethod = (target: NodeJS.ProcessEnv, name: PropertyKey): boolean =>
  name in Object.prototype && !Object.hasOwn(target, name);

const testTrap = (target: NodeJS.ProcessEnv, name: PropertyKey): boolean => {
  readVariable(name, testTrap);
  return Reflect.has(target, name);
};

const describeTrap = (target: NodeJS.ProcessEnv, name: PropertyKey): PropertyDescriptor | undefined => {
  // Listing the names asks for each of them too.
  if (currentRecorder()?.hasValue("env", NAMES) === false) readVariable(name, describeTrap);
  return Reflect.getOwnPropertyDescriptor(target, name);
};

const listTrap = (target: NodeJS.ProcessEnv): (string | symbol)[] => {
  readVariable(NAMES, listTrap);
  return Reflect.ownKeys(target);
};

const handler: ProxyHandler<NodeJS.ProcessEnv> = {
  get: readTrap,
  has: testTrap,
  getOwnPropertyDescriptor: describeTrap,
  ownKeys: listTrap,
  set(target, name, value) {
    setVariable(name);
    return Reflect.set(target, name, value);
  },
  defineProperty(target, name, property) {
    setVariable(name);
    return Reflect.defineProperty(target, name, property);
  },
  deleteProperty(target, name) {
    setVariable(name);
    return Reflect.deleteProperty(target, name);
  },
};

function setVariable(name: PropertyKey): void {
  if (typeof name === "string") currentRecorder()?.setVariable(name);
}

function readVariable(name: PropertyKey, trap: AnyFunction): void {
  const recorder = currentRecorder();
  if (!recorder || typeof name !== "string" || recorder.hasValue("env", name)) return;
  if (!isExamined(recorder, `env ${name}`)) return;
  const site = callSiteOf(trap);
  if (site && !(site.owner === "package" && TERMINAL.test(name))) recorder.readValue("env", name);
}

/** A working folder that only completes paths is recorded as such: it counts where it is not the notebook's. */
function observeWorkingFolder(): void {
  replaceMethod<Method>(process, "cwd", (original) => {
    const observed: Method = () => {
      const recorder = currentRecorder();
      if (recorder) readWorkingFolder(recorder, observed);
      return original();
    };
    return observed;
  });
  replaceMethod<Method>(process, "chdir", (original) => (folder) => {
    currentRecorder()?.completePath(folder);
    const result = original(folder);
    forgetRelativePaths();
    currentRecorder()?.changeFolder();
    return result;
  });
}

function readWorkingFolder(recorder: ReadRecorder, wrapper: AnyFunction): void {
  recorder.readValue("cwd", RELATIVE_PATHS);
  if (recorder.hasValue("cwd", "") || !isExamined(recorder, "cwd")) return;
  const site = callSiteOf(wrapper);
  if (site?.owner === "user" && reachesResult(site, "path")) recorder.readValue("cwd", "");
}
