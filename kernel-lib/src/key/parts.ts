/** What a key is made of: an ordered list of parts, each with its digest and a text for people. */
import type { Digest } from "../protocol";

export type KeyPartKind =
  "function" | "helper" | "value" | "param" | "input" | "file" | "module" | "env" | "global" | "option" | "format";

/** One part of a key. `kind` and `digest` make the key, `name` and `text` explain it. */
export interface KeyPart {
  /** What the part is. */
  readonly kind: KeyPartKind;
  /** A parameter's, helper's, file's name; for inputs the path in the inputs object. */
  readonly name: string;
  /** Digest of the part. */
  readonly digest: Digest;
  /** Readable: a value, or normalised source. At most 20,000 characters. */
  readonly text: string;
}
