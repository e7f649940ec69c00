/** The user's own copy of a package, and which package an object's class is from. */
import { createRequire } from "node:module";
import path from "node:path";
import { StagebookError } from "../../protocol";

/**
 * A package as the notebook's cells get it: from the notebook's folder, which is the working folder. A second copy would not recognize
 * the user's objects. Throws StagebookError `codec-package` when it is not installed there.
 */
export function loadUserPackage(name: string, what: string): unknown {
  try {
    return requireFrom()(name);
  } catch (cause) {
    throw new StagebookError(
      "codec-package",
      `${what} needs the package ${name}, which cannot be loaded from ${process.cwd()}`,
      `Install it beside the notebook: npm install ${name}. Its results are read with your copy of it.`,
      { cause },
    );
  }
}

/** The name of the package that a class is from, if it was loaded with `require`, as cells do. Searches loaded modules only. */
export function packageOfInstance(value: object): string | undefined {
  const type: unknown = (Object.getPrototypeOf(value) as { constructor?: unknown } | null)?.constructor;
  if (typeof type !== "function") return undefined;
  if (!packages.has(type)) packages.set(type, findPackage(type));
  return packages.get(type);
}

/** Cached by class: searching all modules takes milliseconds. */
const packages = new WeakMap<object, string | undefined>();

function findPackage(type: unknown): string | undefined {
  for (const module of Object.values(requireFrom().cache)) {
    const name = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(module?.filename ?? "")?.[1];
    if (name !== undefined && exportsClass(module?.exports, type)) return name.replace("\\", "/");
  }
  return undefined;
}

function requireFrom(): NodeJS.Require {
  return createRequire(path.join(process.cwd(), "package.json"));
}

/** Getters are not called: they may load other modules. */
function exportsClass(exported: unknown, type: unknown): boolean {
  if (exported === type) return true;
  if ((typeof exported !== "object" && typeof exported !== "function") || exported === null) return false;
  return Object.values(Object.getOwnPropertyDescriptors(exported)).some(({ value }) => value === type);
}
