/** Files that a `require` of the kernel resolves to, so that one in a thread resolves to the same. */
import path from "node:path";
import type { AnyFunction } from "../../key/scopes";

/** The file of each id that can be resolved. */
export function filesOf(require: AnyFunction, ids: readonly (string | null)[]): Readonly<Record<string, string>> {
  const resolve: unknown = Reflect.get(require, "resolve");
  if (typeof resolve !== "function") return {};
  return Object.fromEntries(
    ids.flatMap((id) => {
      if (id === null) return [];
      try {
        return [[id, String(Reflect.apply(resolve, undefined, [id]))]];
      } catch {
        // It cannot be resolved here either: the function will throw when it runs.
        return [];
      }
    }),
  );
}

/** The folder in which computed ids are resolved. */
export function baseOfRequire(require: AnyFunction): string {
  const paths: unknown = Reflect.get(require, "resolve");
  const list: unknown = typeof paths === "function" ? Reflect.get(paths, "paths") : undefined;
  const found: unknown =
    typeof list === "function" ? safely(() => Reflect.apply(list, undefined, ["x"]) as unknown) : [];
  const first: unknown = Array.isArray(found) ? found[0] : undefined;
  return typeof first === "string" ? path.dirname(first) : process.cwd();
}

function safely(act: () => unknown): unknown {
  try {
    return act();
  } catch {
    // A `require` that does not report its paths: the working folder is used.
    return undefined;
  }
}
