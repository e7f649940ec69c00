/** The sha256 of bytes and texts, which names blobs, records and keys. Values are digested by `digestValue`. */
import { createHash, hash } from "node:crypto";
import type { Digest } from "../protocol";
import { secrets } from "../secrets/secret-texts";

/** node:crypto refuses more than 2 GiB at once; a quarter of that costs nothing measurable. */
const HASH_AT_ONCE_BYTES = 512 * 1024 * 1024;

/**
 * The sha256 of bytes, or of a text as UTF-8, in lower-case hex. A text with lone surrogates has no exact UTF-8:
 * where that matters, use `digestValue`.
 */
export function digestOf(data: Uint8Array | string): Digest {
  if (typeof data === "string" || data.byteLength <= HASH_AT_ONCE_BYTES) return hash("sha256", data, "hex") as Digest;
  const sha = createHash("sha256");
  for (let at = 0; at < data.byteLength; at += HASH_AT_ONCE_BYTES)
    sha.update(data.subarray(at, at + HASH_AT_ONCE_BYTES));
  return sha.digest("hex") as Digest;
}

/** The same of what code, variables of the environment and files hold: with a key if there is a secret in it. */
export function digestContent(data: Uint8Array | string): Digest {
  const digest = digestOf(data);
  const search = secrets.search();
  search?.look(typeof data === "string" ? Buffer.from(data) : data);
  return search?.keyed(digest) ?? digest;
}

/** True for 64 lower-case hex digits. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === "string" && /^[0-9a-f]{64}$/.test(text);
}
