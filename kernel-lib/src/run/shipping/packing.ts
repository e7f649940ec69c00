/** A shipment while it is being packed: its nodes, and the node of each object, function and symbol. Shared by the parts of `ship.ts`. */
import { types } from "node:util";
import type { AnyFunction, Scopes } from "../../key/scopes";
import { whatIs } from "../../key/values/value-kind";
import { StagebookError } from "../../protocol";
import type { InputRef } from "../../stage/input";
import type { Shipment, ShipNode, ShipRef } from "./shipment";

export interface ShipPorts {
  readonly scopes: Scopes;
  /** The current value of a parameter that the code reads by name. */
  paramValue(name: string): unknown;
  /** Names of objects in errors, in place of a path that only Stagebook knows. */
  readonly labels?: ReadonlyMap<unknown, string>;
}

export class Packing {
  /** The stages that the code reads by name. */
  readonly stages: Extract<InputRef, { kind: "stage" }>[] = [];
  /** Namespaces that are read by member: only the members that are read are shipped. */
  readonly namespaces = new Map<object, { readonly at: number; readonly members: Map<string, ShipRef> }>();
  private readonly nodes: (ShipNode | undefined)[] = [];
  private readonly indexes = new Map<unknown, number>();
  private readonly waiting: (() => void)[] = [];

  constructor(
    readonly ports: ShipPorts,
    /** True to pack plain data as nodes too, instead of leaving it to the codec. */
    readonly packsPlainData: boolean,
    private readonly refer: (packing: Packing, value: unknown, path: string) => ShipRef,
  ) {}

  get scopes(): Scopes {
    return this.ports.scopes;
  }

  /** Throws StagebookError `not-shippable`. */
  finish(root: ShipRef): Shipment {
    // Not recursively: data may be nested deeply.
    for (let at = 0; at < this.waiting.length; at++) this.waiting[at]?.();
    for (const { at, members } of this.namespaces.values()) this.put(at, { kind: "namespace", members: [...members] });
    return { root, nodes: this.nodes.map((node) => node ?? { kind: "plain", value: undefined }) };
  }

  /** The reference by which nodes refer to a value. */
  refOf(value: unknown, path: string): ShipRef {
    return this.refer(this, value, path);
  }

  nodeOf(thing: unknown): number | undefined {
    return this.indexes.get(thing);
  }

  nodeAt(at: number): ShipNode | undefined {
    return this.nodes[at];
  }

  add(thing: unknown, node: ShipNode): number {
    const at = this.reserve(thing);
    this.put(at, node);
    return at;
  }

  /** A node that is filled later: its content may refer to it. */
  addLater(thing: unknown, node: () => ShipNode): number {
    const at = this.reserve(thing);
    this.fillLater(at, node);
    return at;
  }

  /** As `addLater`, for a node that is reserved already. */
  fillLater(at: number, node: () => ShipNode): void {
    this.waiting.push(() => this.put(at, node()));
  }

  reserve(thing: unknown): number {
    this.indexes.set(thing, this.nodes.length);
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

/** Why a value cannot be shipped. */
export type Refusal = readonly [what: string, advice: string];

/** `path`: `model.layers[2].socket`. */
export function notShippable(path: string, what: string, advice: string): StagebookError {
  return new StagebookError("not-shippable", `\`${path}\` is ${what}, and cannot be sent to a worker thread`, advice);
}

/** Why an object cannot be copied, whatever it contains; undefined for one that may be. */
export function refusalOf(value: object): Refusal | undefined {
  const advice = "Create it inside the stage's function.";
  if (types.isWeakMap(value) || types.isWeakSet(value))
    return [
      whatIs(value),
      "Its content cannot be listed. Use a Map or a Set, or create it inside the stage's function.",
    ];
  if (value instanceof WeakRef) return ["a WeakRef", advice];
  if (types.isPromise(value)) return ["a promise", "Await it first, or create it inside the stage's function."];
  if (types.isGeneratorObject(value)) return ["a generator object", advice];
  if (types.isExternal(value) || types.isModuleNamespaceObject(value)) return [whatIs(value), advice];
  if (types.isSharedArrayBuffer(value))
    return ["shared memory, and captured objects are copies", "Return the stage's result instead."];
  return undefined;
}
