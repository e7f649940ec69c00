/** Wrappers of built-in functions that look like the originals: same name, length and properties. */
import type { AnyFunction } from "../call-site";

type Register = (wrapper: object, original: object) => void;

/** Each wrapper that is installed, and what it stands for. */
const originals = new Map<object, object>();
let register: Register | undefined;

/** The function that is called with each wrapper, those that exist already included. */
export function setRegister(to: Register): void {
  register = to;
  for (const [wrapper, original] of originals) to(wrapper, original);
}

/** Declares an installed wrapper: from now on it stands for the original, and has its properties. */
export function standsFor<F extends object>(wrapper: F, original: object): F {
  looksLike(wrapper, original);
  return replaces(wrapper, original);
}

/** As `standsFor`, for a wrapper that has the original's properties by itself: a proxy. */
export function replaces<F extends object>(wrapper: F, original: object): F {
  originals.set(wrapper, original);
  register?.(wrapper, original);
  return wrapper;
}

/** Gives a wrapper the properties of the original: name, length, and what else it has. */
export function looksLike<F extends object>(wrapper: F, original: object): F {
  for (const key of Reflect.ownKeys(original)) {
    const property = Object.getOwnPropertyDescriptor(original, key);
    const own = Object.getOwnPropertyDescriptor(wrapper, key);
    if (property && own?.configurable !== false) Object.defineProperty(wrapper, key, property);
  }
  return wrapper;
}

/** Replaces a method, if the object has it as its own and it is not replaced already. `make` creates the wrapper. */
export function replaceMethod<F extends AnyFunction>(
  owner: object | undefined,
  name: PropertyKey,
  make: (original: F) => F,
): void {
  if (!owner) return;
  // Node loads some functions when they are first used: until then the property is an accessor, which replaces itself by the function.
  if (Object.getOwnPropertyDescriptor(owner, name)?.get && isModule(owner)) Reflect.get(owner, name);
  const property = Object.getOwnPropertyDescriptor(owner, name);
  const original: unknown = property?.value;
  if (!property || typeof original !== "function" || originals.has(original)) return;
  if (property.configurable !== true && property.writable !== true) return;
  Object.defineProperty(owner, name, { ...property, value: standsFor(make(original as F), original) });
}

/** The exports of a module of Node, not a prototype whose getters need an instance. */
const isModule = (owner: object): boolean =>
  Object.getPrototypeOf(owner) === Object.prototype && !Object.hasOwn(owner, "constructor");

/** Replaces the getter of a property, if the object has it as its own. */
export function replaceGetter<T>(
  owner: object | undefined,
  name: PropertyKey,
  make: (original: (this: unknown) => T) => (this: unknown) => T,
): void {
  const property = owner && Object.getOwnPropertyDescriptor(owner, name);
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the object that has the property
  const original = property?.get as ((this: unknown) => T) | undefined;
  if (!owner || !original || property?.configurable !== true || originals.has(original)) return;
  Object.defineProperty(owner, name, { ...property, get: standsFor(make(original), original) });
}

/** The object in the prototype chain that has the member; undefined if none has. */
export function ownerOf(object: object, name: PropertyKey): object | undefined {
  for (let at: object | null = object; at; at = Object.getPrototypeOf(at) as object | null)
    if (Object.hasOwn(at, name)) return at;
  return undefined;
}

/** A function with a `this` of its own that cannot be constructed, as built-in methods are. */
export function methodIn<F>(holder: { readonly observed: F }): F {
  const { observed }: { observed: F } = holder;
  return observed;
}
