/** What is being packed for a thread: the nodes so far, and what is known of each thing. Shared by the parts of `ship.ts`. */
import { types } from "node:util";
import type { AnyFunction, Scopes } from "../../key/scopes";
import { whatIs } from "../../key/values/value-kind";
import { StagebookError } from "../../protocol";
import type { InputRef } from "../../stage/input";
import type { Shipment, ShipNode, ShipRef } from "./shipment";

export interface ShipPorts {
  readonly scopes: Scopes;
  /** The present value of a parameter that the code reads by name. */
  paramValue(name: string): unknown;
  /** What things are called in errors, where the path to them is Stagebook's own. */
  readonly labels?: ReadonlyMap<unknown, string>;
}

export class Packing {
  /** The stages that the code reads by name. */
  readonly stages: Extract<InputRef, { kind: "stage" }>[] = [];
  /** Exports that are read by member: only what is read goes along. */
  readonly namespaces = new Map<object, { readonly at: number; readonly members: Map<string, ShipRef> }>();
  private readonly nodes: (ShipNode | undefined)[] = [];
  private readonly places = new Map<unknown, number>();
  private readonly waiting: (() => void)[] = [];

  constructor(
    readonly ports: ShipPorts,
    /** True to take plain data apart too, instead of leaving it to the codec. */
    readonly isTakenApart: boolean,
    private readonly refer: (packing: Packing, value: unknown, path: string) => ShipRef,
  ) {}

  get scopes(): Scopes {
    return this.ports.scopes;
  }

  /** Throws StagebookError `not-shippable`. */
  finish(root: ShipRef): Shipment {
    // Not by recursion: data may be nested deeply.
    for (let at = 0; at < this.waiting.length; at++) this.waiting[at]?.();
    for (const { at, members } of this.namespaces.values()) this.put(at, { kind: "namespace", members: [...members] });
    return { root, nodes: this.nodes.map((node) => node ?? { kind: "plain", value: undefined }) };
  }

  /** How nodes name a value. */
  refOf(value: unknown, path: string): ShipRef {
    return this.refer(this, value, path);
  }

  placeOf(thing: unknown): number | undefined {
    return this.places.get(thing);
  }

  nodeAt(at: number): ShipNode | undefined {
    return this.nodes[at];
  }

  add(thing: unknown, node: ShipNode): number {
    const at = this.reserve(thing);
    this.put(at, node);
    return at;
  }

  /** A node whose content is worked out later: what it holds may hold it. */
  addLater(thing: unknown, node: () => ShipNode): number {
    const at = this.reserve(thing);
    this.fillLater(at, node);
    return at;
  }

  /** As `addLater`, for a place that is reserved already. */
  fillLater(at: number, node: () => ShipNode): void {
    this.waiting.push(() => this.put(at, node()));
  }

  reserve(thing: unknown): number {
    this.places.set(thing, this.nodes.length);
    return this.nodes.push(undefined) - 1;
  }

  put(at: number, node: ShipNode): void {
    this.nodes[at] = node;
  }

  refuse(path: string, ...[what, advice]: Refusal): never {
    throw notShippable(path, what, advice);
  }
}

export const isThing = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

/** `rows[2].cell`. */
export function stepTo(path: string, key: string | symbol): string {
  if (typeof key === "symbol") return `${path}[${String(key)}]`;
  return /^\d+$/.test(key) ? `${path}[${key}]` : `${path}.${key}`;
}

export const sourceOf = (fn: AnyFunction): string => Function.prototype.toString.call(fn);

export type Refusal = readonly [what: string, advice: string];

/** `path`: `model.layers[2].socket`. */
export function notShippable(path: string, what: string, advice: string): StagebookError {
  return new StagebookError("not-shippable", `\`${path}\` is ${what}, and cannot go to a worker thread`, advice);
}

/** What lives in one thread only, whatever it holds; undefined for what may be copied. */
export function unbound(value: object): Refusal | undefined {
  const advice = "Make it inside the stage's function.";
  if (types.isWeakMap(value) || types.isWeakSet(value))
    return [
      whatIs(value),
      "What it holds cannot be listed. Use a Map or a Set, or make it inside the stage's function.",
    ];
  if (value instanceof WeakRef) return ["a WeakRef", advice];
  if (types.isPromise(value)) return ["a promise", "Await it first, or make it inside the stage's function."];
  if (types.isGeneratorObject(value)) return ["a generator that has begun", advice];
  if (types.isExternal(value) || types.isModuleNamespaceObject(value)) return [whatIs(value), advice];
  if (types.isSharedArrayBuffer(value))
    return ["shared memory, and captured objects are copies", "Return what the stage works out instead."];
  return undefined;
}
