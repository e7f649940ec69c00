/** The contract of the built-in codecs that have a name, and the error with which they refuse a value. */
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { Codec } from "./codec";

/** A codec that digests the value itself and not the encoded bytes. */
export interface NamedCodec extends Codec {
  digest(value: unknown): Digest;
  /** The encoded bytes are memory of the value itself. */
  readonly sharesMemory?: true;
}

/** StagebookError `not-storable`. `what` and `supported`: noun phrases, for the refused value and for what can be stored. */
export function notStorable(at: string, what: string, supported: string): StagebookError {
  return new StagebookError(
    "not-storable",
    `\`${at}\` is ${what}, but the codec of the stage supports only ${supported}`,
    "Return a supported value, or use another codec (without the option `codec` any plain data can be stored).",
  );
}

/** The error for a table from another copy of its package than the one that would load it again. */
export function otherCopy(what: string, name: string): StagebookError {
  return new StagebookError(
    "not-storable",
    `\`value\` is ${what} of another copy of ${name} than the one that is found from ${process.cwd()}`,
    `Import ${name} in the notebook, from the notebook's folder, or return plain rows.`,
  );
}

/** A noun phrase for a value: `a Map`, `the number -0`. */
export function whatOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" || typeof value === "bigint") return `the ${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`; // prettier-ignore
  const className = typeof value === "object" ? (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name : undefined; // prettier-ignore
  return className ? `a ${className}` : `a ${typeof value}`;
}
