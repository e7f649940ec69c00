/** The stack of a walk over a value, one frame for each object whose children are being written. Used by `digestValue`. */
import { propertyStep } from "./value-path";

/** What a frame asks of the walk. */
export interface ChildWriter {
  /** Writes a child. True when it has children of its own, which must be written before the next one. */
  write(value: unknown): boolean;
  markHidden(): void;
  markHoles(count: number): void;
  refuse(what: string): never;
}

export interface Frame {
  /** Writes children up to one that has children of its own. False when there are no more. */
  advance(writer: ChildWriter): boolean;
  /** The step of the path to the child written last. */
  step(): string;
}

/** Properties, in the order of `keys`, read without running getters. */
export class PropertyFrame implements Frame {
  private at = 0;

  constructor(
    private readonly owner: object,
    private readonly keys: readonly (string | symbol)[],
  ) {}

  advance(writer: ChildWriter): boolean {
    const { owner, keys } = this;
    for (let key = keys[this.at]; key !== undefined; key = keys[this.at]) {
      this.at++;
      const property = Object.getOwnPropertyDescriptor(owner, key);
      if (property === undefined || property.get || property.set) return writer.refuse("a getter or setter");
      if (!property.enumerable) writer.markHidden();
      if (writer.write(property.value)) return true;
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

  advance(writer: ChildWriter): boolean {
    const { items } = this;
    while (this.at < items.length) {
      const item = items[this.at];
      if (item === undefined && !Object.hasOwn(items, this.at)) {
        const next = this.nextItem();
        writer.markHoles(next - this.at);
        this.at = next;
        continue;
      }
      this.at++;
      if (writer.write(item)) return true;
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

/** Children that were listed beforehand: pairs of a Map, items of a Set. */
export class ListFrame implements Frame {
  private at = 0;

  constructor(
    private readonly list: readonly unknown[],
    private readonly stepOf: (at: number, list: readonly unknown[]) => string,
  ) {}

  advance(writer: ChildWriter): boolean {
    while (this.at < this.list.length) if (writer.write(this.list[this.at++])) return true;
    return false;
  }

  step(): string {
    return this.at === 0 ? "" : this.stepOf(this.at - 1, this.list);
  }
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
