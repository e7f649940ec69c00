/** A store that remembers nothing: every stage runs each time. */
import type { Store } from "./store";

/** Takes everything, keeps nothing; nothing is ever found. */
export function createNoneStore(): Store {
  return {
    location: "none",
    keepsNothing: true,
    findEntry: async () => undefined,
    readBlob: async () => undefined,
    commit: async () => undefined,
    touch: async () => undefined,
    history: async () => [],
    partials: async () => new Set(),
    clear: async () => 0,
    appendRun: async () => undefined,
    readRun: async () => undefined,
  };
}
