/**
 * What a walk has read of things that can change: objects, the variables of functions of packages, caches. Comparing them costs a
 * fraction of a new walk, which would find the same while all of them are as they were. What many walks read is compared once.
 */
import type { AnyFunction, LiveFunction } from "../scopes";
import { isObject, ownValue } from "../values/own-members";
import { classOf } from "../values/value-kind";
import { currentMoment } from "./moment";
import { ObjectState } from "./object-state";
import { findPutEntries, type Entry } from "./packages/package-caches";
import { usedNames } from "./packages/used-names";

/** How many items one list holds; more are read again by a new walk. */
const MAX_SIZE = 50_000;

export class WatchList {
  /** False once something was read that cannot be compared, or too much. */
  isComplete = true;
  private readonly watched: { readonly what: Watched; readonly version: number }[] = [];
  /** Absent before the first and after the walk: most functions reach nothing of this kind. */
  private seen: { readonly objects: Set<object>; readonly data: Set<object>; readonly functions: Set<AnyFunction> } | undefined; // prettier-ignore
  private size = 0;

  /** The own properties of an object, the content of a built-in, and what it inherits; for a function also what its instances inherit. */
  addObject(object: object): void {
    this.addChain(object);
    // Of a proxy nothing is read.
    if (typeof object !== "function" || !this.isComplete) return;
    const prototype = ownValue(object, "prototype");
    if (isObject(prototype)) this.addChain(prototype);
  }

  /** Plain data with everything in it, except functions, instances and what `isForeign` says. */
  addData(value: unknown, isForeign: (inner: object) => boolean): void {
    if (!isObject(value)) return;
    const { data } = this.visited();
    const open: unknown[] = [value];
    for (let at = 0; at < open.length && this.isComplete; at++) {
      const inner = open[at];
      if (!isObject(inner) || data.has(inner) || classOf(inner) === undefined || isForeign(inner)) continue;
      data.add(inner);
      this.addChain(inner);
      open.push(...watchObject(inner).content());
    }
  }

  /** What a function of a package captured. */
  addVariables(fn: AnyFunction, live: LiveFunction): void {
    const { functions } = this.visited();
    if (!live.captured || functions.has(fn)) return;
    functions.add(fn);
    this.add(watchVariables(fn, live));
  }

  addCaches(caches: readonly Entry[]): void {
    for (const [, cache] of caches) if (isObject(cache)) this.add(watchCache(cache));
  }

  /** Tells whether everything is as it was; undefined if nothing of this kind was read. */
  check(): (() => boolean) | undefined {
    this.seen = undefined;
    const { watched } = this;
    return watched.length > 0 ? () => watched.every(({ what, version }) => what.version() === version) : undefined;
  }

  private visited(): NonNullable<typeof this.seen> {
    return (this.seen ??= { objects: new Set(), data: new Set(), functions: new Set() });
  }

  private addChain(object: object): void {
    if (!this.isComplete) return;
    const { objects } = this.visited();
    for (let at: object | null = object; at && !objects.has(at); at = above(at)) {
      objects.add(at);
      this.add(watchObject(at));
      if (!this.isComplete) return;
    }
  }

  private add(what: Watched): void {
    const version = what.version();
    const size = what.size();
    this.size += size ?? 0;
    if (size === undefined || this.size > MAX_SIZE) {
      this.isComplete = false;
      this.watched.length = 0;
    } else this.watched.push({ what, version });
  }
}

/** Something that can change, and what it was. */
interface Watched {
  /** Increases with each change, as far as anyone asks. */
  version(): number;
  /** Undefined for what cannot be compared. */
  size(): number | undefined;
}

class WatchedObject implements Watched {
  private number = 0;
  private readAt = -1;
  private readonly state: ObjectState;

  constructor(object: object) {
    this.state = new ObjectState(object);
  }

  version(): number {
    if (this.readAt === currentMoment()) return this.number;
    this.readAt = currentMoment();
    return this.state.isSame() ? this.number : ++this.number;
  }

  size(): number | undefined {
    return this.state.isComparable ? this.state.items.length : undefined;
  }

  /** The values in it. The prototype comes first. */
  content(): readonly unknown[] {
    return this.state.items.slice(1);
  }
}

/** A list that is computed from something. */
class WatchedList implements Watched {
  private number = 0;
  private readAt = currentMoment();
  private list: readonly unknown[];
  private isFinal = false;

  /** `isSettled`: it cannot change any more. */
  constructor(
    private readonly read: () => readonly unknown[],
    private readonly isSettled = (): boolean => false,
  ) {
    this.list = read();
  }

  version(): number {
    if (this.isFinal || this.readAt === currentMoment()) return this.number;
    this.readAt = currentMoment();
    const before = this.list;
    this.list = this.read();
    if (!isSameList(this.list, before)) this.number++;
    this.isFinal = this.isSettled();
    return this.number;
  }

  size(): number {
    return this.list.length;
  }
}

const objectsSeen = new WeakMap<object, WatchedObject>();
const cachesSeen = new WeakMap<object, WatchedList>();
const variablesSeen = new WeakMap<AnyFunction, WatchedList>();

function watchObject(object: object): WatchedObject {
  let watched = objectsSeen.get(object);
  if (!watched) objectsSeen.set(object, (watched = new WatchedObject(object)));
  return watched;
}

function watchCache(cache: object): WatchedList {
  let watched = cachesSeen.get(cache);
  if (!watched) cachesSeen.set(cache, (watched = new WatchedList(() => findPutEntries([["", cache]]).flat())));
  return watched;
}

function watchVariables(fn: AnyFunction, { captured, isSettled }: LiveFunction): WatchedList {
  let watched = variablesSeen.get(fn);
  if (watched) return watched;
  const { names, caches } = usedNames(fn);
  const all = [...names, ...caches];
  watched = new WatchedList(
    () => [...(captured?.(all, none) ?? [])].flat(),
    () => isSettled?.(all) === true,
  );
  variablesSeen.set(fn, watched);
  return watched;
}

const none: ReadonlySet<string> = new Set();
/** What an object inherits from. Nothing is read of what all functions have. */
function above(object: object): object | null {
  const prototype = Object.getPrototypeOf(object) as object | null;
  return prototype === Function.prototype ? null : prototype;
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((each, at) => Object.is(each, b[at]));
}
