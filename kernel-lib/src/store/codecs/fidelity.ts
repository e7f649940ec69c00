/**
 * What `v8.serialize` would lose without a word. Part of it can be mended after decoding and is listed as amendments (a null
 * prototype, an error's cause); the rest is refused with its path. Used by the v8 codec before it encodes.
 */
import { types } from "node:util";
import { extraKeys } from "../../key/values/own-keys";
import type { ValueClass } from "../../key/values/value-kind";
import { classOf, whatIs } from "../../key/values/value-kind";
import type { Frame, Visitor } from "../../key/values/value-frame";
import { ItemFrame, itemsOf, ListFrame, pairsOf, PropertyFrame } from "../../key/values/value-frame";
import { joinSteps, mapStep, propertyStep, setStep } from "../../key/values/value-path";
import { StagebookError } from "../../protocol";

/** What is to be put back on `target`, an object inside the decoded value. */
export interface FidelityNote {
  readonly target: object;
  readonly nullPrototype?: true;
  readonly lastIndex?: number;
  /** The error class, where the decoder would guess it wrong. */
  readonly errorClass?: string;
  /** Own properties: enumerable ones, and those that are not. */
  readonly shown?: { readonly [key: string]: unknown };
  readonly hidden?: { readonly [key: string]: unknown };
}

/** V8 encodes by recursion and gives up somewhere above this. */
export const STORABLE_DEPTH = 2000;

/**
 * The amendments that make the value come back as it is, in order of visit.
 * Throws StagebookError `not-storable`, with the path, for what cannot.
 */
export function checkStorable(value: unknown): readonly FidelityNote[] {
  const isSimple = typeof value === "number" || typeof value === "string" || typeof value === "boolean";
  return isSimple ? nothing : new FidelityWalk().check(value);
}

const nothing: readonly FidelityNote[] = [];

class FidelityWalk implements Visitor {
  private readonly met = new Set<object>();
  private readonly frames: Frame[] = [];
  private readonly amendments: FidelityNote[] = [];
  private readonly memory = new Map<ArrayBufferLike, { start: number; end: number }[]>();

  check(value: unknown): readonly FidelityNote[] {
    this.visit(value);
    for (let top = this.frames.at(-1); top !== undefined; top = this.frames.at(-1)) {
      if (!top.advance(this)) this.frames.pop();
      else if (this.frames.length > STORABLE_DEPTH) this.refuse(`nested more than ${STORABLE_DEPTH} levels deep`);
    }
    return this.amendments;
  }

  visit(value: unknown): boolean {
    if (typeof value === "symbol") return this.refuse(`a symbol (${value.toString()})`);
    if (typeof value !== "function" && (typeof value !== "object" || value === null)) return false;
    if (this.met.has(value)) return false;
    this.met.add(value);
    const type = classOf(value);
    return type === undefined ? this.refuse(whatIs(value)) : this.visitObject(value, type);
  }

  markHidden(): void {
    this.refuse("a property that is not enumerable");
  }

  markHoles(): void {
    // V8 keeps them.
  }

  visitAccessor(): never {
    return this.refuse("a getter or setter");
  }

  refuse(what: string): never {
    const path = joinSteps(
      "value",
      this.frames.map((frame) => frame.step()),
    );
    throw new StagebookError(
      "not-storable",
      `\`${path}\` is ${what}: it would not come back from the store as it is`,
      "Return plain data, or give the stage a codec that carries it (option `codec`), or `cache: false`.",
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

  /** What the kinds hold besides values. */
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

  /** V8 keeps the class of the usual errors by their name, the message and the stack. */
  private visitError(error: object, type: ValueClass): boolean {
    const keys = extraKeys(error, type);
    const message = Object.getOwnPropertyDescriptor(error, "message");
    const isUsual =
      keys.length === (message ? 1 : 0) && (!message || (typeof message.value === "string" && !message.enumerable));
    if (isUsual && type.name !== "AggregateError") return false;
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

  /** Two views of the same bytes would come back as two copies: a write through one would no longer show in the other. */
  private checkMemory(buffer: ArrayBufferLike, start: number, length: number): void {
    if (length === 0) return;
    const end = start + length;
    const ranges = this.memory.get(buffer) ?? [];
    if (ranges.some((range) => start < range.end && range.start < end))
      this.refuse("a view of memory that another part of the value holds");
    ranges.push({ start, end });
    this.memory.set(buffer, ranges);
  }

  private push(frame: Frame): true {
    this.frames.push(frame);
    return true;
  }
}
