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
  readonly members: ReadonlyMap<PropertyKey, unknown>;
}

const owners: readonly Owner[] = [
  ...CLASSES.map(({ name, prototype }) => ownerOf(`${name}.prototype`, prototype as object)),
  ...INTRINSICS.map((name) => {
    const value = intrinsics.get(name) as object;
    return ownerOf(name, typeof value === "function" ? (Reflect.get(value, "prototype") as object) : value);
  }),
];

const none: readonly AddedMember[] = [];

export class AddedMembers {
  /** By the name of the member. */
  private readonly known = new Map<string, readonly AddedMember[]>();

  /** Those that are called `member`, of all prototypes. The same answer until `forget`. */
  of(member: string): readonly AddedMember[] {
    let found = this.known.get(member);
    if (!found) this.known.set(member, (found = this.find(member)));
    return found;
  }

  forget(): void {
    this.known.clear();
  }

  private find(member: string): readonly AddedMember[] {
    let found: AddedMember[] | undefined;
    for (const { name, prototype, members } of owners) {
      if (!members.has(member) && !Object.hasOwn(prototype, member)) continue;
      const value = valueOf(prototype, member);
      if (Object.is(value, members.get(member))) continue;
      (found ??= []).push({ name: `${name}.${member}`, value });
    }
    return found ?? none;
  }
}

function ownerOf(name: string, prototype: object): Owner {
  const members = new Map(Reflect.ownKeys(prototype).map((key) => [key, valueOf(prototype, key)]));
  return { name, prototype, members };
}

function valueOf(owner: object, key: PropertyKey): unknown {
  const property = Object.getOwnPropertyDescriptor(owner, key);
  const value: unknown = property && ("value" in property ? property.value : Reflect.get(property, "get"));
  return typeof value === "function" ? originalOf(value) : value;
}
