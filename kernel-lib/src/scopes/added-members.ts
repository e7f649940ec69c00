/**
 * What code has added to the prototypes of the language, or put in place of their members, since this was loaded:
 * `Array.prototype.sum`, `BigInt.prototype.toJSON`. Every value inherits it, so code that names such a member may depend on it.
 */
import { intrinsics } from "./intrinsics";
import { originalOf } from "./known-globals";

export interface AddedMember {
  /** `Array.prototype.sum`. */
  readonly name: string;
  /** Its value or its getter; undefined for a member that was removed. */
  readonly value: unknown;
}

/** Those whose instances are in everyday code. */
const CLASSES = [
  Object, Function, Array, String, Number, Boolean, BigInt, Symbol, Date, RegExp, Map, Set, WeakMap, WeakSet, Promise, Error, ArrayBuffer,
]; // prettier-ignore
const INTRINSICS = ["%TypedArray%", "%IteratorPrototype%", "%AsyncIteratorPrototype%", "%GeneratorPrototype%"];

interface Owner {
  readonly name: string;
  readonly prototype: object;
  /** As they were when this was loaded. */
  readonly members: ReadonlyMap<PropertyKey, unknown>;
  readonly keys: readonly PropertyKey[];
}

const owners: readonly Owner[] = [
  ...CLASSES.map(({ name, prototype }) => ownerOf(`${name}.prototype`, prototype as object)),
  ...INTRINSICS.map((name) => {
    const value = intrinsics.get(name) as object;
    return ownerOf(name, typeof value === "function" ? (Reflect.get(value, "prototype") as object) : value);
  }),
];

/** The owners of each member, when this was loaded. */
const ownersOf = new Map<PropertyKey, Owner[]>();
for (const owner of owners)
  for (const key of owner.keys) {
    const known = ownersOf.get(key);
    if (known) known.push(owner);
    else ownersOf.set(key, [owner]);
  }

const none: readonly AddedMember[] = [];

/** For at most this many members it takes less time to ask each prototype for the member than for all that it has. */
const FEW_MEMBERS = 8;

export class AddedMembers {
  /** By the name of the member. */
  private readonly known = new Map<string, readonly AddedMember[]>();
  /** The owners that have other members than when this was loaded. */
  private grown: readonly Owner[] | undefined;
  private asked = 0;

  /** Those that are called `member`, of all prototypes. The same answer until `forget`. */
  of(member: string): readonly AddedMember[] {
    let found = this.known.get(member);
    if (!found) this.known.set(member, (found = this.find(member)));
    return found;
  }

  forget(): void {
    this.known.clear();
    this.grown = undefined;
    this.asked = 0;
  }

  /** Usually none: then no prototype is asked for a name that it never had. */
  private grownOwners(): readonly Owner[] {
    return (this.grown ??= owners.filter(({ prototype, keys }) => !areEqual(Reflect.ownKeys(prototype), keys)));
  }

  private find(member: string): readonly AddedMember[] {
    const before = ownersOf.get(member) ?? [];
    const since = (++this.asked > FEW_MEMBERS ? this.grownOwners() : owners).filter(
      ({ prototype, members }) => !members.has(member) && Object.hasOwn(prototype, member),
    );
    if (before.length === 0 && since.length === 0) return none;
    return [...before, ...since].flatMap(({ name, prototype, members }) => {
      const value = valueOf(prototype, member);
      return Object.is(value, members.get(member)) ? [] : [{ name: `${name}.${member}`, value }];
    });
  }
}

function ownerOf(name: string, prototype: object): Owner {
  const keys = Reflect.ownKeys(prototype);
  return { name, prototype, keys, members: new Map(keys.map((key) => [key, valueOf(prototype, key)])) };
}

const areEqual = (now: readonly PropertyKey[], then: readonly PropertyKey[]): boolean =>
  now.length === then.length && now.every((key, at) => key === then[at]);

function valueOf(owner: object, key: PropertyKey): unknown {
  const property = Object.getOwnPropertyDescriptor(owner, key);
  const value: unknown = property && ("value" in property ? property.value : Reflect.get(property, "get"));
  return typeof value === "function" ? originalOf(value) : value;
}
