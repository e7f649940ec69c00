/** The functions of packages and what they hold; which objects are a package's. Used by the walk behind packages. */
import {
  constructorOf,
  findBase,
  findStatics,
  isObject,
  membersOf,
  ownValue,
  type Member,
} from "../../values/own-members";
import { classOf } from "../../values/value-kind";
import { digestValue } from "../../values/canonical";
import type { AnyFunction, LiveFunction, ModuleRef, Scopes } from "../../scopes";
import { assignsMember, isNamedCache, isSeen } from "./package-state";
import { parsedOf } from "../source";
import { usedNames } from "./used-names";

/** A variable with its value. */
type Entry = readonly [name: string, value: unknown];

export class PackageCode {
  constructor(private readonly scopes: Scopes) {}

  /** Whether an object is an instance of a class of a package, or an object that a package creates with accessors of its own. */
  isOfPackage(value: object): boolean {
    return classOf(value) ? this.hasAccessors(value) : this.classModule(value) !== undefined;
  }

  /** Of a plain object. Only the outermost one is inspected: tables have too many rows to inspect each. */
  private hasAccessors(value: object): boolean {
    if (!isSmallObject(value)) return false;
    return isSeen(value) || membersOf(value).some(({ accessors }) => accessors.some((each) => this.isMethod(each)));
  }

  /** A plain object behind a package that has methods of the package: it is not the user's. */
  isMade(value: object): boolean {
    if (!isSmallObject(value)) return false;
    return isSeen(value) || membersOf(value).some((member) => this.functionsOf(member).length > 0);
  }

  /** An object of no class (`Object.create(…)`) with methods of the package. */
  isCreated(value: object): boolean {
    for (let at: unknown = Object.getPrototypeOf(value); isObject(at); at = Object.getPrototypeOf(at))
      if (this.scopes.isProxy(at) || (constructorOf(at) && at !== Object.prototype)) return false;
    return isSeen(value) || membersOf(value).some((member) => this.functionsOf(member).length > 0);
  }

  /** Whether a function of a package holds something besides its code. */
  holds(fn: AnyFunction, live: LiveFunction): boolean {
    if (live.module?.id === "stagebook" || this.scopes.isExported(fn)) return false;
    return live.bound !== undefined || this.allCaptured(fn, live, none).length > 0 || membersBesideCode(fn).length > 0;
  }

  /** The variables that a function changes when it is called, itself or through the functions that it captured. */
  changingIn(fn: AnyFunction, live: LiveFunction): ReadonlySet<string> {
    const known = changingBy.get(fn);
    if (known) return known;
    const changing = new Set(usedNames(fn).assigned);
    const seen = new Set<AnyFunction>([fn]);
    const open = [{ fn, live }];
    for (let at = open.pop(); at && seen.size < MAX_INNER; at = open.pop())
      for (const [, value] of this.captured(at.fn, at.live, none)) {
        if (typeof value !== "function" || seen.has(value) || !this.isMethod(value)) continue;
        const inner = this.scopes.inspect(value);
        if (inner.bound) continue;
        seen.add(value);
        for (const name of parsedOf(Function.prototype.toString.call(value)).assigned) changing.add(name);
        open.push({ fn: value, live: inner });
      }
    changingBy.set(fn, changing);
    return changing;
  }

  /** The methods and accessors of the package in a member. */
  functionsOf({ value, accessors }: Member): readonly AnyFunction[] {
    if (accessors.length > 0) return accessors.filter((each) => this.isMethod(each));
    return typeof value === "function" && this.isMethod(value) ? [value] : [];
  }

  /** Called before the functions of many members are read. */
  prepare(members: readonly Member[]): void {
    const fns = members.flatMap(({ value, accessors }) => (typeof value === "function" ? [value] : accessors));
    this.scopes.prepare(fns.filter((fn) => !this.scopes.isProxy(fn) && this.scopes.builtinName(fn) === undefined));
  }

  placeIn(fn: AnyFunction): string {
    const live = this.scopes.inspect(fn);
    return live.bound ? "bound" : placeOf(live);
  }

  private isMethod(fn: object): boolean {
    if (typeof fn !== "function" || this.scopes.isProxy(fn) || this.scopes.builtinName(fn) !== undefined) return false;
    const live = this.scopes.inspect(fn);
    if (!live.bound) return live.module !== null && live.module.id !== "stagebook" && !this.scopes.isExported(fn);
    return this.isMethod(live.bound.target);
  }

  /** What a function captured and uses itself, by name, without what it keeps for later (`cache || (cache = …)`). */
  captured(fn: AnyFunction, live: LiveFunction, changing: ReadonlySet<string>): readonly Entry[] {
    return this.allCaptured(fn, live, changing).filter(([name]) => !isNamedCache(name));
  }

  /** The caches that it captured. */
  capturedCaches(fn: AnyFunction, live: LiveFunction): readonly Entry[] {
    return this.allCaptured(fn, live, none).filter(([name]) => isNamedCache(name));
  }

  private allCaptured(fn: AnyFunction, live: LiveFunction, changing: ReadonlySet<string>): readonly Entry[] {
    if (!live.captured) return [];
    const { names, caches } = usedNames(fn);
    return [...live.captured([...names, ...caches], changing)].filter(
      ([, value]) => value !== undefined && value !== null,
    );
  }

  /**
   * What a package exports counts by its place. Functions that one function of the package created have the same place: they differ
   * by the functions and values that they captured.
   */
  exportedPlace(fn: AnyFunction, live: LiveFunction): string {
    let place = exportedPlaces.get(fn);
    if (place === undefined) {
      place = this.placesBehind(fn, live).join(" ");
      exportedPlaces.set(fn, place);
    }
    return place;
  }

  private placesBehind(fn: AnyFunction, live: LiveFunction): readonly string[] {
    const places = [placeOf(live)];
    if (live.bound) {
      const { target, args } = live.bound;
      const primitives = args.filter((each) => typeof each !== "function" && !isObject(each)).map(primitiveText);
      return ["bound", this.exportedPlace(target, this.scopes.inspect(target)), ...primitives];
    }
    const seen = new Set<AnyFunction>([fn]);
    const open = [{ fn, live }];
    let visited = 0;
    for (let at = open.shift(); at && visited++ < MAX_BEHIND; at = open.shift())
      for (const [name, value] of this.captured(at.fn, at.live, none)) {
        if (typeof value !== "function") {
          if (!isObject(value) && !usedNames(at.fn).assigned.has(name)) places.push(`${name}=${primitiveText(value)}`);
          continue;
        }
        if (seen.has(value) || !this.isCode(value)) continue;
        const inner = this.scopes.inspect(value);
        places.push(`${name}=${placeOf(inner)}`);
        seen.add(value);
        if (!this.scopes.isExported(value)) open.push({ fn: value, live: inner });
      }
    return places;
  }

  private isCode(fn: AnyFunction): boolean {
    if (this.scopes.isProxy(fn) || this.scopes.builtinName(fn) !== undefined) return false;
    return this.scopes.inspect(fn).module !== null;
  }

  /** The package of an object's class; undefined when its class is the user's, a built-in or Node's. */
  classModule(value: object): ModuleRef | undefined {
    if (classOf(value)) return undefined;
    for (let at: unknown = Object.getPrototypeOf(value); isObject(at); at = Object.getPrototypeOf(at)) {
      if (this.scopes.isProxy(at) || this.scopes.builtinName(at) !== undefined) return undefined;
      const module = this.moduleOf(constructorOf(at) ?? functionOf(at));
      if (module !== undefined) return module === null || module.id.startsWith("node:") ? undefined : module;
    }
    return undefined;
  }

  /** The package that made a bound function: one that it exports, or an object that can be called (its prototype is that of a class). */
  boundBy(fn: AnyFunction): ModuleRef | undefined {
    const module = this.moduleOf(this.scopes.isExported(fn) ? fn : constructorOf(Object.getPrototypeOf(fn) as object));
    return module ?? undefined;
  }

  moduleOf(value: unknown): ModuleRef | null | undefined {
    if (typeof value !== "function") return isObject(value) ? this.classModule(value) : undefined;
    if (this.scopes.isProxy(value) || this.scopes.builtinName(value) !== undefined) return undefined;
    const live = this.scopes.inspect(value);
    if (live.bound) return this.moduleOf(live.bound.target);
    return live.module?.id === "stagebook" ? undefined : live.module;
  }
}

/** The place of a function in its package. */
export const placeOf = ({ module, position }: LiveFunction): string =>
  `${module?.id ?? ""}${module?.file ? ` ${module.file}` : ""} ${position}`;

/** A primitive as a text that no other primitive has. */
export function primitiveText(value: unknown): string {
  if (typeof value === "string") return value.length > 1000 ? digestValue(value) : JSON.stringify(value);
  return `${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`;
}

/** Statics, and methods of instances, without those that a function assigns when it is called. */
export function membersBesideCode(fn: AnyFunction): readonly Member[] {
  const prototype = ownValue(fn, "prototype");
  const methods = isObject(prototype) ? membersOf(prototype).filter(({ key }) => key !== "constructor") : [];
  const own = [...findStatics(fn), ...methods.map((member) => ({ ...member, key: `.${member.key}` }))];
  const base = findBase(fn);
  const extended = base ? [{ key: "extends", isSymbol: false, value: base, accessors: [] }] : [];
  return [...own.filter(({ key }) => !isNamedCache(key) && !assignsMember(fn, key)), ...extended];
}

const changingBy = new WeakMap<AnyFunction, ReadonlySet<string>>();
const exportedPlaces = new WeakMap<AnyFunction, string>();
const none: ReadonlySet<string> = new Set();
/** How many functions behind one are searched for variables that they change. */
const MAX_INNER = 50;
/** How many functions tell an exported one apart: it, what it wraps, and what that wraps. */
const MAX_BEHIND = 3;

/** An object with more properties is a dictionary. */
const MAX_MEMBERS = 2_000;

function isSmallObject(value: object): boolean {
  const kind = classOf(value)?.kind;
  return (kind === "object" || kind === "null-object") && Reflect.ownKeys(value).length <= MAX_MEMBERS;
}

function functionOf(prototype: object): AnyFunction | undefined {
  return membersOf(prototype)
    .flatMap(({ value, accessors }) => [value, ...accessors])
    .find((value): value is AnyFunction => typeof value === "function");
}
