/**
 * Packages that are installed while the kernel runs. tslab watches node_modules, and holds one timer for everything that the compiler
 * postpones; when packages appear the compiler needs a second one, and every later cell ends with "Unexpected pending rebuildTimer".
 */
import type { Repair } from "../repair";

export const installedPackages: Repair = {
  name: "installed-packages",
  installInCompiler({ compiler }) {
    const { host, converter } = compiler;
    const { setTimeout: postpone, clearTimeout: cancel } = host;
    const lookups = new Set<Lookup>();
    host.setTimeout = (callback, ms) => {
      // The first of them is for the next program, which tslab creates itself.
      if (callback.name !== LOOKUPS) return postpone(callback, ms);
      const lookup = { callback };
      lookups.add(lookup);
      return lookup;
    };
    host.clearTimeout = (timer) => {
      if (!lookups.delete(timer as Lookup)) cancel(timer);
    };
    const runPending = (): void => {
      for (const lookup of lookups) {
        lookups.delete(lookup);
        lookup.callback();
      }
    };
    for (const name of ["convert", "inspect", "complete"] as const) {
      const original = converter[name] as (...args: unknown[]) => unknown;
      (converter as unknown as Record<string, unknown>)[name] = (...args: unknown[]) => {
        runPending();
        return original(...args);
      };
    }
  },
};

/** Failed look-ups of imports are tried again. */
const LOOKUPS = "invalidateResolutionsOfFailedLookup";

interface Lookup {
  readonly callback: () => void;
}
