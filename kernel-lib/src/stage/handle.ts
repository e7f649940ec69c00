/** The objects that cells hold: a callable stage, a parameter, files. They hold a name; the pipeline looks up its current definition. */
import { checkName } from "./definition";
import type { FileInput, FilesInput, Input, Values } from "./public/inputs";
import type { Param } from "./public/params";
import type { Explanation, Freshness, HistoryRow, Plan } from "./public/plans";
import type { RunOn, RunOptions, Running, Stage, SweepRow } from "./public/stages";
import { methodText } from "./handle-names";
import { registerInput, type InputRef } from "./input";
import { checkRunOptions } from "./run-options";
import { StagebookError } from "../protocol";

export type StageRef = Extract<InputRef, { kind: "stage" }>;

/** Questions about stages, which run nothing. */
export interface StageQueries {
  plan(ref: StageRef): Promise<Plan>;
  status(ref: StageRef): Promise<Freshness>;
  explain(ref: StageRef): Promise<Explanation>;
  load(ref: StageRef): Promise<unknown>;
  history(ref: StageRef): Promise<readonly HistoryRow[]>;
  pin(ref: StageRef, isPinned: boolean): Promise<void>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- callable with fake inputs
  functionOf(name: string): (...args: any[]) => any;
  /** Throws `output-unknown` when the stage names its outputs and this is not one of them. */
  checkOutput(stage: string, output: string): void;
  stageText(ref: StageRef): string;
}

/** Calls of stages, which run what is stale. */
export interface StageCalls {
  call(ref: StageRef, options: RunOptions & { readonly on?: RunOn }): Running<unknown>;
  sweep(ref: StageRef, grid: unknown, options: RunOptions): Running<unknown>;
}

/** The inputs of a stage in a folder. */
export interface StageExports {
  exportInputs(ref: StageRef, folder: string): Promise<void>;
  replay(ref: StageRef, folder: string): Promise<unknown>;
}

/** Parameters as cells read and set them. */
export interface ParamHandles {
  /** Throws `param-unknown` and `param-value`. */
  checkOverrides(overrides: Values): void;
  paramValue(name: string): unknown;
  setParam(name: string, value: unknown): void;
  resetParam(name: string): void;
  paramText(name: string): string;
}

/** The pipeline behind the handles. */
export interface HandleApi {
  /** Identifies the pipeline: inputs of another one are foreign. */
  readonly owner: object;
  readonly queries: StageQueries;
  readonly calls: StageCalls;
  readonly exports: StageExports;
  readonly params: ParamHandles;
}

const inspect = Symbol.for("nodejs.util.inspect.custom");

/** A stage by name; with overrides it is that stage under other parameter values. */
export function createStageHandle(name: string, api: HandleApi, overrides?: Values): Stage<unknown> {
  const ref: StageRef = { kind: "stage", name, owner: api.owner, ...(overrides ? { overrides } : {}) };
  const handle = (...args: unknown[]): Running<unknown> => {
    if (args.length > 0)
      throw new StagebookError(
        "stage-arguments",
        `stage "${name}" was called with arguments`,
        `Inputs are passed where it is defined. To call its function with other values, use ${methodText("stage", name, "fn(…)")}; for other parameter values, ${methodText("stage", name, "with({ … })()")}.`,
        { stage: name },
      );
    return api.calls.call(ref, {});
  };
  const members: Omit<Stage<unknown>, "~output" | "name" | "fn"> & {
    readonly [inspect]: () => string;
    readonly toString: () => string;
  } = {
    run: (options) => api.calls.call(ref, checkRunOptions(options, ["force", "jobs", "signal", "on"])),
    plan: () => api.queries.plan(ref),
    status: () => api.queries.status(ref),
    explain: () => api.queries.explain(ref),
    load: () => api.queries.load(ref),
    history: () => api.queries.history(ref),
    toArray: (async () => {
      const value = (await api.calls.call(ref, {})) as { toArray?: () => Promise<unknown[]> } | unknown[];
      if (Array.isArray(value)) return value;
      if (typeof value === "object" && value !== null && typeof value.toArray === "function") return value.toArray();
      throw new StagebookError(
        "not-a-stream",
        `stage "${name}" does not return a stream`,
        `Call ${name}() to get its value.`,
        { stage: name },
      );
    }) as Stage<unknown>["toArray"],
    sweep: <G>(grid: G, options?: RunOptions) =>
      api.calls.sweep(ref, grid, checkRunOptions(options, ["force", "jobs", "signal"])) as Running<
        readonly SweepRow<G, unknown>[]
      >,
    pin: (isPinned = true) => api.queries.pin(ref, isPinned),
    exportInputs: (folder) => api.exports.exportInputs(ref, folder),
    replay: (folder) => api.exports.replay(ref, folder),
    with: (values) => {
      if (typeof values !== "object" || (values as unknown) === null)
        throw new StagebookError(
          "param-values",
          `${name}.with needs an object of values by parameter name`,
          `Write ${methodText("stage", name, "with({ limit: 10 })")}.`,
          { stage: name },
        );
      const merged = { ...overrides, ...values };
      api.params.checkOverrides(merged);
      return createStageHandle(name, api, merged);
    },
    output: (output) => {
      if (typeof (output as unknown) !== "string" || String(output) === "")
        throw new StagebookError(
          "output-name",
          `stage "${name}": output() needs the name of an output`,
          `Write ${methodText("stage", name, 'output("train")')}.`,
          { stage: name },
        );
      api.queries.checkOutput(name, output);
      return createPartInput({ ...ref, part: { kind: "output", output } }, `output ${String(output)} of ${name}`);
    },
    select: (select) => {
      if (typeof select !== "function")
        throw new StagebookError(
          "select-function",
          `${name}.select needs a function`,
          `Write ${methodText("stage", name, "select((value) => value.part)")}.`,
          { stage: name },
        );
      return createPartInput({ ...ref, part: { kind: "select", select: select } }, `part of ${name}`);
    },
    [inspect]: () => api.queries.stageText(ref),
    toString: () => api.queries.stageText(ref),
  };
  Object.defineProperty(handle, "name", { value: name, configurable: true });
  Object.defineProperty(handle, "fn", { get: () => api.queries.functionOf(name) });
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(members)))
    Object.defineProperty(handle, key, { ...property, enumerable: false });
  Object.defineProperty(handle, inspect, { value: members[inspect] });
  registerInput(handle, ref);
  return handle as unknown as Stage<unknown>;
}

function createPartInput(ref: StageRef, text: string): Input<never> {
  const handle = { [inspect]: () => `${text}: pass it as an input` };
  registerInput(handle, ref);
  return handle as unknown as Input<never>;
}

/** A parameter by name. */
export function createParamHandle(name: string, api: HandleApi): Param<unknown> {
  const handle = {
    name,
    get value(): unknown {
      return api.params.paramValue(name);
    },
    set value(_value: unknown) {
      throw new StagebookError(
        "param-read-only",
        `parameter "${name}" cannot be assigned`,
        `Write ${methodText("param", name, "set(…)")} in a cell.`,
      );
    },
    set: (value: unknown) => api.params.setParam(name, value),
    reset: () => api.params.resetParam(name),
    [inspect]: () => api.params.paramText(name),
    toString: () => String(api.params.paramValue(name)),
  };
  registerInput(handle, { kind: "param", name, owner: api.owner });
  return handle as unknown as Param<unknown>;
}

/** An input whose value is what a callback returns. Throws `computed-function`. */
export function createComputedInput<T>(compute: () => T): Input<Awaited<T>> {
  if (typeof (compute as unknown) !== "function")
    throw new StagebookError(
      "computed-function",
      "computed() needs a function",
      "Write computed(() => new Date().getFullYear()).",
    );
  const handle = { [inspect]: () => "computed value: pass it as an input, { year: computed(() => …) }" };
  registerInput(handle, { kind: "computed", compute });
  return handle as unknown as Input<Awaited<T>>;
}

/** An input that is a client or connection; it never counts in keys. Throws `name`, `resource-function` and `resource-options`. */
export function createResourceInput<T>(
  name: string,
  open: () => T | Promise<T>,
  options: { readonly close?: (value: T) => void | Promise<void> } = {},
): Input<T> {
  const resource = checkName(name, "resource");
  if (typeof (open as unknown) !== "function")
    throw new StagebookError(
      "resource-function",
      `resource "${resource}" has no function to open it`,
      `Write resource("${resource}", () => connect(), { close: (it) => it.end() }).`,
    );
  const unknown = Object.keys(options).find((option) => option !== "close");
  if (unknown !== undefined)
    throw new StagebookError(
      "resource-options",
      `resource "${resource}": unknown option "${unknown}"`,
      "The only option is close.",
    );
  if (options.close !== undefined && typeof (options.close as unknown) !== "function")
    throw new StagebookError(
      "resource-function",
      `resource "${resource}": close is not a function`,
      "Write { close: (it) => it.end() }.",
    );
  const handle = { [inspect]: () => `resource ${resource}: pass it as an input, { ${resource} }` };
  registerInput(handle, {
    kind: "resource",
    name: resource,
    open,
    close: options.close as ((value: unknown) => unknown) | undefined,
  });
  return handle as unknown as Input<T>;
}

/** The files of a folder or glob as an input: their names and contents count. Throws `files-pattern`. */
export function createFilesInput(pattern: unknown): FilesInput {
  const problem =
    typeof pattern !== "string" || pattern === ""
      ? "needs a folder or a pattern"
      : pattern.startsWith("!") && !pattern.startsWith("!(")
        ? `cannot begin with "!": ${pattern} would be every file but some`
        : undefined;
  if (typeof pattern !== "string" || problem !== undefined)
    throw new StagebookError(
      "files-pattern",
      `files() ${problem}`,
      'Write files("data"), files("data/*.csv") or, to leave some out, files("data/!(old)*.csv"); relative to the notebook.',
    );
  const call = `files(${JSON.stringify(pattern)})`;
  const handle = { pattern, [inspect]: () => `files ${pattern}: pass it as an input, { sources: ${call} }` };
  registerInput(handle, { kind: "files", pattern });
  return handle as unknown as FilesInput;
}

/** An external file as an input: its content counts. `path` is relative to the notebook. Throws `file-path`. */
export function createFileInput(path: unknown): FileInput {
  if (typeof path !== "string" || path === "")
    throw new StagebookError(
      "file-path",
      "file() needs the path of a file",
      'Write file("data/earthquakes.json"); the path is relative to the notebook.',
    );
  const handle = { path, [inspect]: () => `file ${path}: pass it as an input, { src: file(${JSON.stringify(path)}) }` };
  registerInput(handle, { kind: "file", path });
  return handle as unknown as FileInput;
}
