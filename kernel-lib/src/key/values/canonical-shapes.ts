/**
 * The shapes of one value: the lists of keys of its objects, in the order of the objects. Rows of a table share one, which is written
 * once. Used by `digestValue`.
 */

/** One list of keys. */
export interface Shape {
  readonly keys: readonly string[];
  /** Counted from 0 in order of first use; -1 for a shape that is not remembered. */
  readonly number: number;
}

/** A shape as found; `isNew`: its keys have not occurred in this order, so they must be written. */
export interface FoundShape {
  readonly shape: Shape;
  readonly isNew: boolean;
}

/** Longer lists are dictionaries, each with different keys. */
const REMEMBERED_KEYS = 64;
const RECENT = 8;

/** Finds the shape for a list of keys. */
export class Shapes {
  private readonly byKeys = new Map<string, Shape>();
  private readonly recent: FoundShape[] = [];
  private next = 0;

  find(keys: readonly string[]): FoundShape {
    for (const found of this.recent) if (isSameList(found.shape.keys, keys)) return found;
    if (keys.length > REMEMBERED_KEYS) return { shape: { keys, number: -1 }, isNew: true };
    const id = JSON.stringify(keys);
    const known = this.byKeys.get(id);
    const shape = known ?? { keys, number: this.byKeys.size };
    if (!known) this.byKeys.set(id, shape);
    this.recent[this.next++ % RECENT] = { shape, isNew: false };
    return { shape, isNew: known === undefined };
  }
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
