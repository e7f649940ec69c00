/** The identifiers that travel between kernel and page. Branded, so that one kind cannot pass for another. */

/** A sha256 digest, 64 lower-case hex digits. */
export type Digest = string & { readonly "~id": "digest" };
/** One run of the pipeline: unique over all kernels, sorts by time of start. */
export type RunId = string & { readonly "~id": "run" };
/** A notebook cell, as Jupyter names it. */
export type CellId = string & { readonly "~id": "cell" };

/** What JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
/** A JSON object. */
export type JsonObject = { readonly [name: string]: Json };

/** Ends a switch over a closed union: a new member is then a compile error here. */
export function unreachable(value: never): never {
  throw new Error(`unexpected: ${JSON.stringify(value)}`);
}
