/**
 * The stack of a walk over a value, one frame per object whose children are being visited: depth costs memory, not stack.
 * Used by the digest of values and by the fidelity check of the store.
 */
import { propertyStep } from "./value-path";

/** The walk, as a frame sees it. */
export interface ValueVisitor {
  /** Visits a child. True when it has children of its own, which must be visited before the next one. */
  visit(value: unknown): boolean;
  /** The next child is a property of the owner that is not enumerable. */
  markHidden(owner: object): void;
  markHoles(count: number): void;
  /** A property with a getter or setter. Refuses it, or visits the functions. */
  visitAccessor(get: unknown, set: unknown): void;
  refuse(what: string): never;
}

export interface Frame {
  /** Visits children up to one that has children of its own. False when there are no more. */
  advance(visitor: ValueVisitor): boolean;
  /** The step of the path to the child visited last. */
  step(): string;
}

/** Properties, in the order of `keys`, read without running getters. */
export class PropertyFrame implements Frame {
  private at = 0;

  constructor(
    private readonly owner: object,
    private readonly keys: readonly (string | symbol)[],
  ) {}

  advance(visitor: ValueVisitor): boolean {
    const { owner, keys } = this;
    for (let key = keys[this.at]; key !== undefined; key = keys[this.at]) {
      this.at++;
      const property = Object.getOwnPropertyDescriptor(owner, key);
      if (property === undefined) return visitor.refuse("a property that was deleted during the walk");
      if (!property.enumerable) visitor.markHidden(owner);
      if (property.get ?? property.set) {
        visitor.visitAccessor(Reflect.get(property, "get"), Reflect.get(property, "set"));
        continue;
      }
      if (visitor.visit(property.value)) return true;
    }
    return false;
  }

  step(): string {
    const key = this.keys[this.at - 1];
    return key === undefined ? "" : propertyStep(key);
  }
}

/** The items of an array. A run of holes is one mark, so that `[, …, x]` of a billion holes takes no time. */
export class ItemFrame implements Frame {
  private at = 0;
  private indices: readonly number[] | undefined;

  constructor(private readonly items: readonly unknown[]) {}

  advance(visitor: ValueVisitor): boolean {
    const { items } = this;
    while (this.at < items.length) {
      const item = items[this.at];
      if (item === undefined && !Object.hasOwn(items, this.at)) {
        const next = this.nextItem();
        visitor.markHoles(next - this.at);
        this.at = next;
        continue;
      }
      this.at++;
      if (visitor.visit(item)) return true;
    }
    return false;
  }

  step(): string {
    return this.at === 0 ? "" : propertyStep(this.at - 1);
  }

  /** The index of the first item after a hole. Short runs are tried one by one; for long ones the keys are listed, once. */
  private nextItem(): number {
    const { items } = this;
    for (let next = this.at + 1; next <= this.at + 32; next++) {
      if (next >= items.length || Object.hasOwn(items, next)) return Math.min(next, items.length);
    }
    this.indices ??= indicesOf(items);
    return firstAfter(this.indices, this.at, items.length);
  }
}

/** Children that were listed in advance: pairs of a Map, items of a Set. */
export class ListFrame implements Frame {
  private at = 0;

  constructor(
    private readonly list: readonly unknown[],
    private readonly stepOf: (at: number, list: readonly unknown[]) => string,
  ) {}

  advance(visitor: ValueVisitor): boolean {
    while (this.at < this.list.length) if (visitor.visit(this.list[this.at++])) return true;
    return false;
  }

  step(): string {
    return this.at === 0 ? "" : this.stepOf(this.at - 1, this.list);
  }
}

/** The keys and values of a Map in turn, by the prototype's own method: the object may have another one of that name. */
export function pairsOf(map: ReadonlyMap<unknown, unknown>): readonly unknown[] {
  const pairs: unknown[] = [];
  Map.prototype.forEach.call(map, (value: unknown, key: unknown) => pairs.push(key, value));
  return pairs;
}

/** The items of a Set, in the same way. */
export function itemsOf(set: ReadonlySet<unknown>): readonly unknown[] {
  const items: unknown[] = [];
  Set.prototype.forEach.call(set, (item: unknown) => items.push(item));
  return items;
}

/** Own names are indices in ascending order, then `length`, then all others. */
function indicesOf(items: readonly unknown[]): readonly number[] {
  const names = Object.getOwnPropertyNames(items);
  return names.slice(0, names.indexOf("length")).map(Number);
}

function firstAfter(indices: readonly number[], after: number, length: number): number {
  let [low, high] = [0, indices.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((indices[middle] ?? length) <= after) low = middle + 1;
    else high = middle;
  }
  return indices[low] ?? length;
}
