/** Global classes that Node loads when they are first read: those of `fetch`, which take as long to load as half of Stagebook. */
import { types } from "node:util";

type Found = (value: object, name: string) => void;

/** Watches such classes without loading them: each is found before code that reads it can change it. */
export class LateGlobals {
  /** The classes that were not read yet, each with the function that loads it. */
  private readonly waiting = new Map<string, () => void>();

  constructor(
    names: readonly string[],
    private readonly found: Found,
  ) {
    for (const name of names) this.watch(name);
  }

  /** Loads the class that the value seems to be, or to be the prototype of: `fetch` returns instances of classes that no code has read. */
  load(value: object): void {
    if (this.waiting.size === 0 || types.isProxy(value)) return;
    this.waiting.get(nameOf(typeof value === "function" ? value : valueOf(value, "constructor")))?.();
  }

  private watch(name: string): void {
    const property = Object.getOwnPropertyDescriptor(globalThis, name);
    if (!property) return;
    if (!property.get || property.configurable !== true)
      return this.found(Reflect.get(globalThis, name) as object, name);
    const take = (): object => {
      const value = property.get?.call(globalThis) as object;
      if (this.waiting.delete(name)) this.found(value, name);
      return value;
    };
    Object.defineProperty(globalThis, name, { ...property, get: take });
    this.waiting.set(name, () => {
      const current = Object.getOwnPropertyDescriptor(globalThis, name);
      if (current?.get === take) return void take();
      // Node puts the class in place of its accessor, also when the user has put something else there.
      if (!Reflect.defineProperty(globalThis, name, { ...property, get: take })) return;
      take();
      restore(name, current);
    });
  }
}

function restore(name: string, property: PropertyDescriptor | undefined): void {
  if (property) Object.defineProperty(globalThis, name, property);
  else Reflect.deleteProperty(globalThis, name);
}

const valueOf = (owner: object, name: string): unknown => Object.getOwnPropertyDescriptor(owner, name)?.value;

function nameOf(value: unknown): string {
  const name = typeof value === "function" && !types.isProxy(value) ? valueOf(value, "name") : undefined;
  return typeof name === "string" ? name : "";
}
