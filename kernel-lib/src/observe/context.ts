/** Which execution a read belongs to: everything that it starts, also asynchronously, and nothing that Stagebook does itself. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ReadRecorder } from "./recorder";
import { isSilent } from "./silence";

const recorders = new AsyncLocalStorage<ReadRecorder | undefined>();

/** Runs an execution: its reads, and those of everything asynchronous that it starts, go to the recorder. */
export function observing<T>(recorder: ReadRecorder, act: () => T): T {
  return recorders.run(recorder, act);
}

/** Runs work of Stagebook's own: neither its reads count nor those of what it starts. */
export function unobserved<T>(act: () => T): T {
  return recorders.getStore() === undefined ? act() : recorders.run(undefined, act);
}

/** The recorder of the running execution; undefined outside executions. */
export function currentRecorder(): ReadRecorder | undefined {
  return isSilent() ? undefined : recorders.getStore();
}
