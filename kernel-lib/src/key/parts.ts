/** The parts of a key: an ordered list, each with its digest and a human-readable text. */
import type { Digest } from "../protocol";

/** What a part is; `function` is the stage's own function, `helper` one that it calls, `read` something that its execution read. */
export type KeyPartKind =
  | "function"
  | "helper"
  | "value"
  | "param"
  | "input"
  | "file"
  | "files"
  | "module"
  | "env"
  | "read"
  | "global"
  | "option"
  | "format";

/** One part of a key. `kind` and `digest` determine the key, `name` and `text` explain it. */
export interface KeyPart {
  /** What the part is. */
  readonly kind: KeyPartKind;
  /** A parameter's, helper's, file's name, the pattern of several files; for inputs the path in the inputs object. */
  readonly name: string;
  /** Digest of the part. */
  readonly digest: Digest;
  /** Human-readable: a value, or normalized source. At most 20,000 characters. */
  readonly text: string;
  /** For several files: the beginning of each one's digest by path. Absent if there are too many. */
  readonly members?: Readonly<Record<string, string>>;
}
