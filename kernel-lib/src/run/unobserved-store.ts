/** A store whose work does not count as read by the stage that caused it. */
import { unobserved } from "../observe";
import type { Store } from "../store/store";

type Method = (...args: unknown[]) => unknown;

export function unobservedStore(store: Store): Store {
  const methods = new Map<string | symbol, Method>();
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      const known = methods.get(name);
      if (known) return known;
      const method: Method = (...args) => unobserved(() => (value as Method).apply(target, args));
      methods.set(name, method);
      return method;
    },
  });
}
