/** The HMAC key of the digests of secrets: without it, a digest cannot be used to try passwords. */
import { createHmac, randomBytes } from "node:crypto";
import type { Digest } from "../protocol";

/** Returns the key, creating it at first use. */
export type SecretKeySource = () => Buffer;

/** From the key that a team signs its results with: its digests are the same on all machines. */
export function sharedSecretKey(trustKey: string): SecretKeySource {
  const key = createHmac("sha256", trustKey).update("stagebook-secret-key-1").digest();
  return () => key;
}

/** For a process whose results do not outlive it. */
export function processSecretKey(): SecretKeySource {
  let key: Buffer | undefined;
  return () => (key ??= randomBytes(32));
}

/** The same digest of something that contains a secret, computed with the key: nobody can try passwords against it. */
export function keyedDigest(key: Buffer, digest: Digest): Digest {
  return createHmac("sha256", key).update(`stagebook-secret-content-1\0${digest}`).digest("hex") as Digest;
}

/** The digest of a secret in keys of results. `name` counts: two parameters with one password have different digests. */
export function digestSecret(key: Buffer, name: string, secret: string): Digest {
  return createHmac("sha256", key).update(`stagebook-secret-1\0${name}\0`).update(secret).digest("hex") as Digest;
}
