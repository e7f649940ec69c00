/** The contract of the built-in codecs that have a name, and the error with which they refuse a value. */
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { Codec } from "./codec";

/** A codec that digests the value itself and not the encoded bytes. */
export interface NamedCodec extends Codec {
  digest(value: unknown): Digest;
}

/** StagebookError `not-storable`. `what` and `supported`: noun phrases, for the refused value and for what can be stored. */
export function notStorable(at: string, what: string, supported: string, advice = USUAL_ADVICE): StagebookError {
  return new StagebookError(
    "not-storable",
    `\`${at}\` is ${what}, but the codec of the stage supports only ${supported}`,
    advice,
  );
}

const USUAL_ADVICE =
  "Return a supported value, or use another codec (without the option `codec` any plain data can be stored).";

/** A noun phrase for a value: `a Map`, `the number -0`. */
export function whatOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" || typeof value === "bigint") return `the ${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`; // prettier-ignore
  const className = typeof value === "object" ? (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name : undefined; // prettier-ignore
  return className ? `a ${className}` : `a ${typeof value}`;
}
