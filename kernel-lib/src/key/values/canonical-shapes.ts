/**
 * The shapes of one value: the lists of keys of its objects. Rows of a table share one, which is sorted and written once.
 * Used by `digestValue`.
 */
import { compareKeys } from "./own-keys";

/** One list of keys. */
export interface Shape {
  /** In the order of `compareKeys`. */
  readonly keys: readonly string[];
  /** Counted from 0 in order of first use; -1 for a shape that is not remembered. */
  readonly number: number;
}

/** A shape as found; `isNew`: its keys have not occurred in any order, so they must be written. */
export interface FoundShape {
  readonly shape: Shape;
  readonly isNew: boolean;
}

interface KnownOrder extends FoundShape {
  readonly names: readonly string[];
}

/** Longer lists are dictionaries, each with different keys. */
const REMEMBERED_KEYS = 64;
const RECENT = 8;

/** Finds the shape for a list of keys in any order. */
export class Shapes {
  private readonly byKeys = new Map<string, Shape>();
  private readonly recent: KnownOrder[] = [];
  private next = 0;

  find(names: readonly string[]): FoundShape {
    for (const order of this.recent) if (isSameList(order.names, names)) return order;
    return this.findSorted(names);
  }

  private findSorted(names: readonly string[]): FoundShape {
    const keys = [...names].sort(compareKeys);
    if (keys.length > REMEMBERED_KEYS) return { shape: { keys, number: -1 }, isNew: true };
    const id = JSON.stringify(keys);
    const known = this.byKeys.get(id);
    const shape = known ?? { keys, number: this.byKeys.size };
    if (!known) this.byKeys.set(id, shape);
    this.recent[this.next++ % RECENT] = { names, shape, isNew: false };
    return { shape, isNew: known === undefined };
  }
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
