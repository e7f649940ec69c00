/** The names that a function of a package uses, and those of them that change when it is called. Each text is read once. */
import { findChangedNames, type ChangedNames } from "./changed-names";
import { isMemo, isNamedCache } from "./package-state";
import { parsedOf } from "../source";
import type { AnyFunction } from "../../scopes";

export interface UsedNames extends ChangedNames {
  /** Sorted; without those in which it only keeps results. */
  readonly names: readonly string[];
  /** Those that are called caches. */
  readonly caches: readonly string[];
}

const bySource = new Map<string, UsedNames>();
const MAX_SOURCES = 20_000;

/** What the source says; nothing for a source that cannot be parsed. */
export function usedNames(fn: AnyFunction): UsedNames {
  const source = Function.prototype.toString.call(fn);
  let used = bySource.get(source);
  if (!used) {
    used = findUsedNames(source);
    if (bySource.size >= MAX_SOURCES) bySource.clear();
    bySource.set(source, used);
  }
  return used;
}

function findUsedNames(source: string): UsedNames {
  try {
    const { freeNames, assigned } = parsedOf(source);
    const names = [...new Set(freeNames.map(({ name }) => name))].sort();
    return {
      ...findChangedNames(source),
      caches: names.filter(isNamedCache),
      names: names.filter((name) => !isNamedCache(name) && !(assigned.includes(name) && isMemo(source, name))),
    };
  } catch (error) {
    if (error instanceof SyntaxError)
      return { names: [], caches: [], assigned: none, fromArguments: none, mutated: none, reset: none };
    throw error;
  }
}

const none: ReadonlySet<string> = new Set();
