/**
 * The check for what `v8.serialize` would silently lose. Part of it can be restored after decoding and is listed as amendments (a null
 * prototype, an error's cause); the rest is rejected with its path. Used by the v8 codec.
 */
import { types } from "node:util";
import { extraKeys } from "../../key/values/own-keys";
import type { ValueClass } from "../../key/values/value-kind";
import { classOf, whatIs } from "../../key/values/value-kind";
import type { Frame, ValueVisitor } from "../../key/values/value-frame";
import { ItemFrame, itemsOf, ListFrame, pairsOf, PropertyFrame } from "../../key/values/value-frame";
import type { Place, ValueCheck } from "../../key/values/value-check";
import { joinSteps, mapStep, setStep } from "../../key/values/value-path";
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

/** The rules, for a walk that visits every object once. Throws `not-storable`, with the path. */
export class FidelityCheck implements ValueCheck, Storable {
  readonly amendments: Amendment[] = [];
  hasTables = false;
  private readonly memory = new Map<ArrayBufferLike, { start: number; end: number }[]>();

  object(value: object, type: ValueClass | undefined, place: Place): void {
    if (type === undefined) return this.checkInstance(value, place);
    switch (type.kind) {
      case "null-object":
        this.amendments.push({ target: value, nullPrototype: true });
        return checkDepth(place);
      case "object":
      case "array":
        return checkDepth(place);
      case "error":
        return this.checkError(value, type, place);
      case "shared-buffer":
        return refuse("shared memory", place);
      case "url":
        return refuse("a URL (its `href` can be stored)", place);
      default:
        this.amendProperties(value, extraKeys(value, type), place);
        return this.checkContent(value, type, place);
    }
  }

  symbol(value: symbol, place: Place): void {
    refuse(`a symbol (${value.toString()})`, place);
  }

  symbolKey(key: symbol, place: Place): void {
    refuse(`an object with a symbol key (${key.toString()})`, place);
  }

  /** Those of other kinds are amended. */
  hidden(owner: object, place: Place): void {
    const kind = classOf(owner)?.kind;
    if (kind === "object" || kind === "null-object" || kind === "array")
      refuse("a property that is not enumerable", place);
  }

  accessor(place: Place): void {
    refuse("a getter or setter", place);
  }

  private checkInstance(value: object, place: Place): void {
    const kind = tableKindOf(value);
    if (kind === "duckdb") refuseDuckDb("a result of DuckDB", place);
    this.hasTables ||= kind !== undefined;
    if (kind !== undefined) return;
    const name = typeof value === "function" || types.isProxy(value) ? undefined : packageOfInstance(value);
    if (name === "@duckdb/node-api") refuseDuckDb(`${whatIs(value)} of the package ${name}`, place);
    // A class of that name may also be a built-in one: immutable has a Map.
    refuse(name === undefined ? whatIs(value) : `${whatIs(value)} of the package ${name}`, place);
  }

  /** Checks what objects of this kind hold besides values. */
  private checkContent(value: object, type: ValueClass, place: Place): void {
    if (type.kind === "map" || type.kind === "set") checkDepth(place);
    if (type.kind === "boxed" && type.name === "Symbol") refuse("a symbol object", place);
    if (type.kind === "typed-array" || type.kind === "data-view") this.checkView(value as ArrayBufferView, place);
    if (type.kind === "array-buffer")
      this.checkMemory(value as ArrayBuffer, 0, (value as ArrayBuffer).byteLength, place);
    if (type.kind !== "regexp") return;
    const { lastIndex } = value as RegExp;
    if (lastIndex !== 0) this.amendments.push({ target: value, lastIndex });
  }

  /** V8 preserves the class of standard errors by their name, the message and the stack. */
  private checkError(error: object, type: ValueClass, place: Place): void {
    const keys = extraKeys(error, type);
    const message = Object.getOwnPropertyDescriptor(error, "message");
    const isStandard =
      keys.length === (message ? 1 : 0) && (!message || (typeof message.value === "string" && !message.enumerable));
    if (isStandard && type.name !== "AggregateError") return;
    this.amendments.push({ target: error, errorClass: type.name });
    this.amendProperties(error, keys, place);
  }

  private amendProperties(target: object, keys: readonly (string | symbol)[], place: Place): void {
    if (keys.length === 0) return;
    const shown: [string, unknown][] = [];
    const hidden: [string, unknown][] = [];
    for (const key of keys) {
      const property = Object.getOwnPropertyDescriptor(target, key);
      if (typeof key === "symbol") return this.symbolKey(key, place);
      if (!property || property.get || property.set) refuse(`an object with a getter or setter (${key})`, place);
      (property.enumerable ? shown : hidden).push([key, property.value]);
    }
    this.amendments.push({ target, shown: Object.fromEntries(shown), hidden: Object.fromEntries(hidden) });
  }

  private checkView(view: ArrayBufferView, place: Place): void {
    if (types.isSharedArrayBuffer(view.buffer)) refuse("a view of shared memory", place);
    if ((view.buffer as { resizable?: boolean }).resizable === true) refuse("a view of a resizable buffer", place);
    this.checkMemory(view.buffer, view.byteOffset, view.byteLength, place);
  }

  /** Two views of the same bytes would be decoded as two copies: a write through one would not show in the other. */
  private checkMemory(buffer: ArrayBufferLike, start: number, length: number, place: Place): void {
    if (length === 0) return;
    const end = start + length;
    const ranges = this.memory.get(buffer) ?? [];
    if (ranges.some((range) => start < range.end && range.start < end))
      refuse("a view of memory that another part of the value uses too", place);
    ranges.push({ start, end });
    this.memory.set(buffer, ranges);
  }
}

/** The walk for a value whose digest is not needed. */
class FidelityWalk implements ValueVisitor, Place {
  private readonly rules = new FidelityCheck();
  private readonly visited = new Set<object>();
  private readonly frames: Frame[] = [];

  get depth(): number {
    return this.frames.length;
  }

  check(value: unknown): Storable {
    this.visit(value);
    for (let top = this.frames.at(-1); top !== undefined; top = this.frames.at(-1))
      if (!top.advance(this)) this.frames.pop();
    return this.rules;
  }

  visit(value: unknown): boolean {
    if (typeof value === "symbol") this.rules.symbol(value, this);
    if (typeof value !== "function" && (typeof value !== "object" || value === null)) return false;
    if (this.visited.has(value)) return false;
    this.visited.add(value);
    const type = classOf(value);
    this.rules.object(value, type, this);
    return type !== undefined && this.pushChildren(value, type);
  }

  markHidden(owner: object): void {
    this.rules.hidden(owner, this);
  }

  markHoles(): void {
    // V8 preserves them.
  }

  visitAccessor(): void {
    this.rules.accessor(this);
  }

  refuse(what: string): never {
    return refuse(what, this);
  }

  path(): string {
    return joinSteps(
      "value",
      this.frames.map((frame) => frame.step()),
    );
  }

  private pushChildren(value: object, type: ValueClass): boolean {
    const isPlain = type.kind === "object" || type.kind === "null-object";
    const keys = isPlain ? Reflect.ownKeys(value) : extraKeys(value, type);
    const symbol = keys.find((key) => typeof key === "symbol");
    if (symbol !== undefined) this.rules.symbolKey(symbol, this);
    if (isPlain || keys.length > 0) this.frames.push(new PropertyFrame(value, keys));
    if (type.kind === "array") this.frames.push(new ItemFrame(value as readonly unknown[]));
    if (type.kind === "map") this.frames.push(new ListFrame(pairsOf(value as ReadonlyMap<unknown, unknown>), mapStep));
    if (type.kind === "set") this.frames.push(new ListFrame(itemsOf(value as ReadonlySet<unknown>), setStep));
    return true;
  }
}

function checkDepth(place: Place): void {
  if (place.depth >= STORABLE_DEPTH) refuse(`nested more than ${STORABLE_DEPTH} levels deep`, place);
}

function refuse(what: string, place: Place): never {
  throw new StagebookError(
    "not-storable",
    `\`${place.path()}\` is ${what}, which cannot be stored without loss`,
    "Return plain data, or set a codec that supports it (option `codec`).",
  );
}

function refuseDuckDb(what: string, place: Place): never {
  throw new StagebookError(
    "not-storable",
    `\`${place.path()}\` is ${what}, which cannot be stored without loss`,
    "Return the rows of getRowObjectsJS(), which are plain, or set a codec that supports it (option `codec`).",
  );
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
