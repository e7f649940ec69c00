/**
 * Rules for a value beyond those of its digest, checked by the same walk: a value of a million objects is walked once. Used by
 * `digestValue` for results that are stored.
 */
import type { ValueClass } from "./value-kind";

/** Where the walk is. */
export interface Place {
  /** The number of objects around the current one. */
  readonly depth: number;
  /** The path to the current value: `value.rows[3]`. */
  path(): string;
}

/** Throws for what it refuses. */
export interface ValueCheck {
  /** Called once for each object, before its content. `type`: undefined for what has no canonical form of its own. */
  object(value: object, type: ValueClass | undefined, place: Place): void;
  symbol(value: symbol, place: Place): void;
  symbolKey(key: symbol, place: Place): void;
  /** A property of the owner that is not enumerable. */
  hidden(owner: object, place: Place): void;
  /** A property with a getter or setter. */
  accessor(place: Place): void;
}
