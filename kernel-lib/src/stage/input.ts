/** The reference behind an input handle, and the tree of a stage's inputs. Used by definitions, keys and executions. */
import { types } from "node:util";
import { StagebookError } from "../protocol";

/** What a handle refers to. Stages and parameters by name: executing a cell again replaces what the name refers to. */
export type InputRef =
  | {
      readonly kind: "stage";
      readonly name: string;
      readonly overrides?: Readonly<Record<string, unknown>>;
      readonly part?: StagePart;
      readonly owner: object;
    }
  | { readonly kind: "param"; readonly name: string; readonly owner: object }
  | { readonly kind: "file"; readonly path: string }
  /** The files of a folder or glob. */
  | { readonly kind: "files"; readonly pattern: string }
  /** Its value counts; it is computed once per plan and once per run. */
  | { readonly kind: "computed"; readonly compute: () => unknown }
  /** Never counts in a key; opened at first use in a run, closed when the run has ended. */
  | {
      readonly kind: "resource";
      readonly name: string;
      readonly open: () => unknown;
      readonly close?: (value: unknown) => unknown;
    };

/** A part of a stage's output as an input of its own: only that part counts. */
export type StagePart =
  | { readonly kind: "select"; readonly select: (value: unknown) => unknown }
  | { readonly kind: "output"; readonly output: string };

const refs = new WeakMap<object, InputRef>();

/** Registers `handle` as an input. */
export function registerInput(handle: object, ref: InputRef): void {
  refs.set(handle, ref);
}

/** What the value refers to; undefined if it is not an input handle. */
export function inputOf(value: unknown): InputRef | undefined {
  return (typeof value === "object" && value !== null) || typeof value === "function" ? refs.get(value) : undefined;
}

/** One leaf of a stage's inputs. */
export type InputLeaf =
  { readonly path: string; readonly ref: InputRef } | { readonly path: string; readonly value: unknown };

/** A stage's inputs: the leaves by path, and the shape to fill with values. */
export interface InputTree {
  /** Sorted by code units of the path: the order in which they were written does not matter. */
  readonly leaves: readonly InputLeaf[];
  /** Lists and objects with their keys; the names of inputs sorted, all others as they were written: what the paths alone do not determine. */
  readonly shape: string;
  /** The same shape with each leaf replaced. */
  fill(valueOf: (leaf: InputLeaf) => unknown): unknown;
}

/** Reads the inputs argument of a stage. Throws `input-promise` for a promise, `input-cycle` for a circular object. */
export function createInputTree(inputs: unknown, stage: string): InputTree {
  const whole = new Set<unknown>();
  const leaves = [...walk(inputs, "", { above: new Set(), whole, stage })];
  // A later change to the user's object must not change what the stage receives.
  const frame = sortedByName(copied(inputs));
  leaves.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return {
    leaves,
    shape: shapeOf(inputs, whole),
    fill: (valueOf) => {
      // Lists and objects are new each time.
      const values = new Map(leaves.map((leaf) => [leaf.path, "ref" in leaf ? valueOf(leaf) : copied(valueOf(leaf))]));
      return filled(frame, "", values);
    },
  };
}

/** Data with more parts than this is one input: a list of its parts would not be readable. */
const MAX_PARTS = 200;

interface Walk {
  readonly above: Set<object>;
  /** Collects the lists and objects that are one leaf. */
  readonly whole: Set<unknown>;
  readonly stage: string;
}

function walk(node: unknown, path: string, at: Walk): readonly InputLeaf[] {
  const { above, whole, stage } = at;
  if (types.isProxy(node))
    throw new StagebookError(
      "input-proxy",
      `stage "${stage}": input ${path || "itself"} is a proxy`,
      "Pass a plain object: the content of a proxy cannot be compared.",
      { stage },
    );
  const ref = inputOf(node);
  if (ref) return [{ path, ref }];
  if (types.isPromise(node) || node instanceof Promise)
    throw new StagebookError(
      "input-promise",
      `stage "${stage}": input ${path || "itself"} is a promise`,
      `Pass the stage itself${path === "" ? "" : ` as ${path}`}, not its call: leave out the parentheses.`,
      { stage },
    );
  if (!isContainer(node)) return [{ path, value: node }];
  if (above.has(node))
    throw new StagebookError(
      "input-cycle",
      `stage "${stage}": input ${path} contains itself`,
      "Pass plain nested objects and arrays.",
      { stage },
    );
  const keys = Object.keys(node);
  if (keys.length === 0) return [{ path, value: node }];
  above.add(node);
  const parts = keys.flatMap((key) => walk(node[key], pathTo(path, key), at));
  above.delete(node);
  const isNamed = path !== "" || Array.isArray(node);
  if (!isNamed || parts.length <= MAX_PARTS || parts.some((part) => "ref" in part)) return parts;
  whole.add(node);
  return [{ path, value: copied(node) }];
}

/** A copy of the lists and objects, with the same leaves. */
function copied(node: unknown): unknown {
  if (types.isProxy(node) || inputOf(node) || !isContainer(node)) return node;
  if (Array.isArray(node)) return node.map(copied);
  return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, copied(item)]));
}

function filled(node: unknown, path: string, values: ReadonlyMap<string, unknown>): unknown {
  if (values.has(path)) return values.get(path);
  if (Array.isArray(node)) return node.map((item, index) => filled(item, pathTo(path, String(index)), values));
  const entries = Object.entries(node as Record<string, unknown>);
  return Object.fromEntries(entries.map(([key, item]) => [key, filled(item, pathTo(path, key), values)]));
}

/** Keys that could be mistaken for a path are quoted, so that paths are unique. */
function pathTo(above: string, key: string): string {
  const step = /^[^."\s]+$/.test(key) ? key : JSON.stringify(key);
  return above ? `${above}.${step}` : step;
}

/** The names of inputs are no data: a stage receives them sorted, in whatever order they were written. */
function sortedByName(inputs: unknown): unknown {
  if (types.isProxy(inputs) || inputOf(inputs) || !isContainer(inputs) || Array.isArray(inputs)) return inputs;
  return Object.fromEntries(Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `{"limit":0,"list":[2,0,0]}`: 0 for a leaf; a list starts with its length, because of holes. `isTop`: the keys are names of inputs. */
function shapeOf(node: unknown, whole: ReadonlySet<unknown>, isTop = true): string {
  if (types.isProxy(node) || inputOf(node) || whole.has(node) || !isContainer(node)) return "0";
  const keys = Object.keys(node);
  if (keys.length === 0) return "0";
  if (Array.isArray(node))
    return `[${[node.length, ...Object.values<unknown>(node).map((item) => shapeOf(item, whole, false))].join()}]`;
  return `{${(isTop ? keys.sort() : keys)
    .map((key) => `${JSON.stringify(key)}:${shapeOf(node[key], whole, false)}`)
    .join()}}`;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
