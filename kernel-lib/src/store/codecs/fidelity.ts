/**
 * The check for what `v8.serialize` would silently lose. Part of it can be restored after decoding and is listed as amendments (a null
 * prototype, an error's cause); the rest is rejected with its path. Used by the v8 codec.
 */
import { types } from "node:util";
import { extraKeys } from "../../key/values/own-keys";
import type { ValueClass } from "../../key/values/value-kind";
import { classOf, whatIs } from "../../key/values/value-kind";
import type { Frame, Visitor } from "../../key/values/value-frame";
import { ItemFrame, itemsOf, ListFrame, pairsOf, PropertyFrame } from "../../key/values/value-frame";
import { joinSteps, mapStep, propertyStep, setStep } from "../../key/values/value-path";
import { StagebookError } from "../../protocol";
import { tableKindOf } from "../../key/values/table-kind";
import { packageOfInstance } from "./user-package";

/** What must be restored on `target`, an object inside the decoded value. */
export interface Amendment {
  readonly target: object;
  readonly nullPrototype?: true;
  readonly lastIndex?: number;
  /** The error class, where the decoder would choose another one. */
  readonly errorClass?: string;
  /** Own properties: enumerable ones (`shown`) and others (`hidden`). The names are part of the stored format. */
  readonly shown?: { readonly [key: string]: unknown };
  readonly hidden?: { readonly [key: string]: unknown };
}

/** V8 encodes recursively and fails at some depth above this. */
export const STORABLE_DEPTH = 2000;

/** What storing a value takes. */
export interface Storable {
  /** What must be restored after decoding, in order of visit. */
  readonly amendments: readonly Amendment[];
  /** Whether tables of other libraries are part of the value. */
  readonly hasTables: boolean;
}

/** Throws StagebookError `not-storable`, with the path. */
export function checkStorable(value: unknown): Storable {
  const isSimple = typeof value === "number" || typeof value === "string" || typeof value === "boolean";
  return isSimple ? simple : new FidelityWalk().check(value);
}

/** The value of a decoded `[value, amendments]`, restored. Throws TypeError when it does not have that form. */
export function restoreFidelity(decoded: unknown): unknown {
  if (!Array.isArray(decoded) || decoded.length !== 2 || !Array.isArray(decoded[1]))
    throw new TypeError("not a value with amendments");
  const [value, amendments] = decoded as readonly unknown[];
  for (const amendment of amendments as readonly unknown[]) apply(asAmendment(amendment));
  return value;
}

const simple: Storable = { amendments: [], hasTables: false };

class FidelityWalk implements Visitor {
  private readonly visited = new Set<object>();
  private readonly frames: Frame[] = [];
  private readonly amendments: Amendment[] = [];
  private readonly memory = new Map<ArrayBufferLike, { start: number; end: number }[]>();

  private hasTables = false;

  check(value: unknown): Storable {
    this.visit(value);
    for (let top = this.frames.at(-1); top !== undefined; top = this.frames.at(-1)) {
      if (!top.advance(this)) this.frames.pop();
      else if (this.frames.length > STORABLE_DEPTH) this.refuse(`nested more than ${STORABLE_DEPTH} levels deep`);
    }
    return { amendments: this.amendments, hasTables: this.hasTables };
  }

  visit(value: unknown): boolean {
    if (typeof value === "symbol") return this.refuse(`a symbol (${value.toString()})`);
    if (typeof value !== "function" && (typeof value !== "object" || value === null)) return false;
    if (this.visited.has(value)) return false;
    this.visited.add(value);
    const type = classOf(value);
    return type === undefined ? this.visitInstance(value) : this.visitObject(value, type);
  }

  markHidden(): void {
    this.refuse("a property that is not enumerable");
  }

  markHoles(): void {
    // V8 preserves them.
  }

  visitAccessor(): never {
    return this.refuse("a getter or setter");
  }

  private visitInstance(value: object): false {
    const kind = tableKindOf(value);
    if (kind === "duckdb") return this.refuseDuckDb("a result of DuckDB");
    if (kind === undefined) {
      const name = typeof value === "function" || types.isProxy(value) ? undefined : packageOfInstance(value);
      if (name === "@duckdb/node-api") return this.refuseDuckDb(`${whatIs(value)} of the package ${name}`);
      // A class of that name may also be a built-in one: immutable has a Map.
      return this.refuse(name === undefined ? whatIs(value) : `${whatIs(value)} of the package ${name}`);
    }
    this.hasTables = true;
    return false;
  }

  refuse(what: string): never {
    throw new StagebookError(
      "not-storable",
      `\`${this.path()}\` is ${what}, which cannot be stored without loss`,
      "Return plain data, set a codec that supports it (option `codec`), or set `cache: false`.",
    );
  }

  private refuseDuckDb(what: string): never {
    throw new StagebookError(
      "not-storable",
      `\`${this.path()}\` is ${what}, which cannot be stored without loss`,
      "Return the rows of getRowObjectsJS(), which are plain, set a codec that supports it (option `codec`), or set `cache: false`.",
    );
  }

  private path(): string {
    return joinSteps(
      "value",
      this.frames.map((frame) => frame.step()),
    );
  }

  private visitObject(value: object, type: ValueClass): boolean {
    switch (type.kind) {
      case "null-object":
        this.amendments.push({ target: value, nullPrototype: true });
        return this.visitKeys(value, Reflect.ownKeys(value));
      case "object":
        return this.visitKeys(value, Reflect.ownKeys(value));
      case "array":
        this.visitExtras(value, extraKeys(value, type));
        return this.push(new ItemFrame(value as readonly unknown[]));
      case "error":
        return this.visitError(value, type);
      case "shared-buffer":
        return this.refuse("shared memory");
      case "url":
        return this.refuse("a URL (its `href` can be stored)");
      default:
        this.amendProperties(value, extraKeys(value, type));
        this.checkContent(value, type);
        return this.pushContent(value, type);
    }
  }

  /** Checks what objects of this kind hold besides values. */
  private checkContent(value: object, type: ValueClass): void {
    if (type.kind === "boxed" && type.name === "Symbol") this.refuse("a symbol object");
    if (type.kind === "typed-array" || type.kind === "data-view") this.checkView(value as ArrayBufferView);
    if (type.kind === "array-buffer") this.checkMemory(value as ArrayBuffer, 0, (value as ArrayBuffer).byteLength);
    if (type.kind !== "regexp") return;
    const { lastIndex } = value as RegExp;
    if (lastIndex !== 0) this.amendments.push({ target: value, lastIndex });
  }

  private pushContent(value: object, type: ValueClass): boolean {
    if (type.kind === "map") return this.push(new ListFrame(pairsOf(value as ReadonlyMap<unknown, unknown>), mapStep));
    if (type.kind === "set") return this.push(new ListFrame(itemsOf(value as ReadonlySet<unknown>), setStep));
    return true;
  }

  private visitKeys(value: object, keys: readonly (string | symbol)[]): boolean {
    const symbol = keys.find((key) => typeof key === "symbol");
    if (symbol !== undefined) this.refuse(`an object with a symbol key (${symbol.toString()})`);
    return this.push(new PropertyFrame(value, keys));
  }

  private visitExtras(value: object, keys: readonly (string | symbol)[]): void {
    if (keys.length > 0) this.visitKeys(value, keys);
  }

  /** V8 preserves the class of standard errors by their name, the message and the stack. */
  private visitError(error: object, type: ValueClass): boolean {
    const keys = extraKeys(error, type);
    const message = Object.getOwnPropertyDescriptor(error, "message");
    const isStandard =
      keys.length === (message ? 1 : 0) && (!message || (typeof message.value === "string" && !message.enumerable));
    if (isStandard && type.name !== "AggregateError") return false;
    this.amendments.push({ target: error, errorClass: type.name });
    this.amendProperties(error, keys);
    return true;
  }

  private amendProperties(target: object, keys: readonly (string | symbol)[]): void {
    if (keys.length === 0) return;
    const shown: [string, unknown][] = [];
    const hidden: [string, unknown][] = [];
    for (const key of keys) {
      const property = Object.getOwnPropertyDescriptor(target, key);
      if (typeof key === "symbol") return this.refuse(`an object with a symbol key (${key.toString()})`);
      if (!property || property.get || property.set) return this.refuse(`an object with a getter or setter (${key})`);
      (property.enumerable ? shown : hidden).push([key, property.value]);
    }
    this.amendments.push({ target, shown: Object.fromEntries(shown), hidden: Object.fromEntries(hidden) });
    const all = [...shown, ...hidden];
    const values = all.map(([, value]) => value);
    this.push(new ListFrame(values, (at) => propertyStep(all[at]?.[0] ?? "")));
  }

  private checkView(view: ArrayBufferView): void {
    if (types.isSharedArrayBuffer(view.buffer)) this.refuse("a view of shared memory");
    if ((view.buffer as { resizable?: boolean }).resizable === true) this.refuse("a view of a resizable buffer");
    this.checkMemory(view.buffer, view.byteOffset, view.byteLength);
  }

  /** Two views of the same bytes would be decoded as two copies: a write through one would not show in the other. */
  private checkMemory(buffer: ArrayBufferLike, start: number, length: number): void {
    if (length === 0) return;
    const end = start + length;
    const ranges = this.memory.get(buffer) ?? [];
    if (ranges.some((range) => start < range.end && range.start < end))
      this.refuse("a view of memory that another part of the value uses too");
    ranges.push({ start, end });
    this.memory.set(buffer, ranges);
  }

  private push(frame: Frame): true {
    this.frames.push(frame);
    return true;
  }
}

function asAmendment(data: unknown): Amendment {
  if (!isObject(data) || !("target" in data) || !isObject(data.target)) throw new TypeError("not an amendment");
  return data as Amendment;
}

function apply({ target, nullPrototype, lastIndex, errorClass, shown, hidden }: Amendment): void {
  if (nullPrototype === true) Object.setPrototypeOf(target, null);
  if (lastIndex !== undefined && target instanceof RegExp) target.lastIndex = lastIndex;
  const prototype = errorClass === undefined ? undefined : errorPrototypes.get(errorClass);
  if (prototype) Object.setPrototypeOf(target, prototype);
  defineAll(target, shown, true);
  defineAll(target, hidden, false);
}

function defineAll(target: object, values: Amendment["shown"], enumerable: boolean): void {
  for (const [key, value] of Object.entries(values ?? {})) {
    Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
  }
}

function isObject(data: unknown): data is object {
  return typeof data === "object" && data !== null;
}

const errorPrototypes: ReadonlyMap<string, object> = new Map(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError].map((type) => [
    type.name,
    type.prototype,
  ]),
);
