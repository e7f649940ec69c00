/** The identifiers that travel between kernel and page. Branded, so that one kind cannot pass for another. */

/** A sha256 digest, 64 lower-case hex digits. */
export type Digest = string & { readonly "~id": "digest" };
/** One run of the pipeline: unique across all kernels, sorts by start time. */
export type RunId = string & { readonly "~id": "run" };
/** The id of a notebook cell, as Jupyter assigns it. */
export type CellId = string & { readonly "~id": "cell" };

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
/** A JSON object. */
export type JsonObject = { readonly [name: string]: Json };

/** The id of a process's `nth` run, `startedAtMs` in epoch milliseconds. */
export function runIdOf(startedAtMs: number, pid: number, nth: number): RunId {
  return `${startedAtMs.toString(36).padStart(9, "0")}-${pid.toString(36)}-${nth.toString(36).padStart(3, "0")}` as RunId;
}

/** The id of the process that started the run; undefined for a text that is not a run id. */
export function pidOfRun(id: string): number | undefined {
  const pid = /^[0-9a-z]+-([0-9a-z]+)-[0-9a-z]+$/.exec(id)?.[1];
  return pid === undefined ? undefined : parseInt(pid, 36);
}

/** Ends a switch over a closed union: a new member is then a compile error here. */
export function unreachable(value: never): never {
  throw new Error(`unexpected: ${JSON.stringify(value)}`);
}
