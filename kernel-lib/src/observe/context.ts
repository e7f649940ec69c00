/** Which execution a read belongs to: everything that it starts, also asynchronously, and nothing that Stagebook does itself. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ReadRecorder } from "./recorder";

const recorders = new AsyncLocalStorage<ReadRecorder | undefined>();
let silences = 0;

/** Runs an execution: its reads, and those of everything asynchronous that it starts, go to the recorder. */
export function observing<T>(recorder: ReadRecorder, act: () => T): T {
  return recorders.run(recorder, act);
}

/** Runs work of Stagebook's own: neither its reads count nor those of what it starts. */
export function unobserved<T>(act: () => T): T {
  return recorders.run(undefined, act);
}

/** The recorder of the running execution; undefined outside executions. */
export function currentRecorder(): ReadRecorder | undefined {
  return silences > 0 ? undefined : recorders.getStore();
}

/** Runs what is part of a read that has been recorded already. Only for the synchronous part of `act`; cheaper than `unobserved`. */
export function silently<T>(act: () => T): T {
  silences++;
  try {
    return act();
  } finally {
    silences--;
  }
}
