/**
 * Signatures for the records of entries in a shared store, checked before anything of a record is decoded: with a shared secret
 * (HMAC-SHA-256), or with an Ed25519 key of which readers need only the public half. A signature is bound to the key of the result, to
 * the trust name of the group, and to every byte of the record, including output digest, blobs and format.
 */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from "node:crypto";
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { EntrySeal } from "./entry-record";

const SIGNATURE = /^\{"trust":("(?:[^"\\]|\\.)*"),"scheme":"([a-z0-9-]+)","signature":"([A-Za-z0-9+/=]+)"\}\n?$/;
/** The DER prefixes of a raw Ed25519 key (PKCS #8 and SPKI, RFC 8410). */
const PRIVATE_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const PUBLIC_HEAD = Buffer.from("302a300506032b6570032100", "hex");
const RAW_BYTES = 32;
const MIN_SECRET_LENGTH = 16;

interface Scheme {
  readonly name: "hmac-sha256" | "ed25519";
  /** Undefined when only the public half is known. */
  readonly sign: ((text: Buffer) => Buffer) | undefined;
  readonly verify: (text: Buffer, signature: Buffer) => boolean;
}

/**
 * `key`: a secret of 16 characters or more; or `ed25519:` and 32 bytes in base64 (private) or `ed25519-public:` and 32 bytes (public); or
 * an Ed25519 key as PEM. A public key can check signatures but not sign. Throws StagebookError `trust-key`.
 */
export function createEntrySeal(key: string, trustName: string): EntrySeal {
  const scheme = schemeOf(key.trim());
  const trust = JSON.stringify(trustName);
  return {
    canSign: scheme.sign !== undefined,
    sign: (entry, line) => {
      const signature = scheme.sign?.(boundText(trust, entry, line));
      if (!signature) throw wrongKey("a public key cannot sign");
      return `{"trust":${trust},"scheme":"${scheme.name}","signature":"${signature.toString("base64")}"}\n`;
    },
    findFault: (entry, text) => {
      const end = text.indexOf("\n") + 1;
      const [, theirs, name, signature] = SIGNATURE.exec(text.slice(end)) ?? [];
      if (end === 0 || theirs === undefined || signature === undefined) return "is not signed";
      if (theirs !== trust) return `was signed under another trust name (${theirs} instead of ${trust})`;
      if (name !== scheme.name) return `was signed with another scheme (${name})`;
      const bytes = Buffer.from(signature, "base64");
      const isRight =
        // Only the canonical spelling: base64 has spare bits.
        bytes.toString("base64") === signature && scheme.verify(boundText(trust, entry, text.slice(0, end)), bytes);
      return isRight ? undefined : "has an invalid signature";
    },
  };
}

function boundText(trust: string, key: Digest, line: string): Buffer {
  return Buffer.from(`stagebook-entry-1\n${trust}\n${key}\n${line}`);
}

function schemeOf(key: string): Scheme {
  if (key.startsWith("-----BEGIN"))
    return key.includes("PRIVATE") ? pairScheme(fromPem(key)) : publicScheme(fromPem(key));
  const [, kind, raw] = /^(ed25519(?:-public)?):(.*)$/s.exec(key) ?? [];
  if (kind === "ed25519")
    return pairScheme(
      fromRaw(PRIVATE_HEAD, raw, (der) => createPrivateKey({ key: der, format: "der", type: "pkcs8" })),
    );
  if (kind === "ed25519-public")
    return publicScheme(fromRaw(PUBLIC_HEAD, raw, (der) => createPublicKey({ key: der, format: "der", type: "spki" })));
  if (key.length < MIN_SECRET_LENGTH) throw wrongKey(`a secret of ${key.length} characters is too short`);
  const mac = (text: Buffer): Buffer => createHmac("sha256", key).update(text).digest();
  return {
    name: "hmac-sha256",
    sign: mac,
    verify: (text, signature) => {
      const right = mac(text);
      return signature.byteLength === right.byteLength && timingSafeEqual(signature, right);
    },
  };
}

function pairScheme(key: KeyObject): Scheme {
  return { ...publicScheme(createPublicKey(key)), sign: (text) => sign(null, text, key) };
}

function publicScheme(key: KeyObject): Scheme {
  if (key.asymmetricKeyType !== "ed25519")
    throw wrongKey(`it is a key of type ${key.asymmetricKeyType ?? "unknown"}, not ed25519`);
  return { name: "ed25519", sign: undefined, verify: (text, signature) => verify(null, text, key, signature) };
}

function fromPem(key: string): KeyObject {
  // Environment variables often hold line ends as the two characters `\n`.
  const pem = key.replaceAll("\\n", "\n");
  try {
    return pem.includes("PRIVATE") ? createPrivateKey(pem) : createPublicKey(pem);
  } catch (cause) {
    throw wrongKey("it is not a valid PEM key", cause);
  }
}

function fromRaw(head: Buffer, raw: string | undefined, create: (der: Buffer) => KeyObject): KeyObject {
  const bytes = Buffer.from(raw ?? "", "base64");
  if (bytes.byteLength !== RAW_BYTES)
    throw wrongKey(`it has ${bytes.byteLength} bytes instead of the ${RAW_BYTES} of an Ed25519 key`);
  return create(Buffer.concat([head, bytes]));
}

function wrongKey(why: string, cause?: unknown): StagebookError {
  return new StagebookError(
    "trust-key",
    `STAGEBOOK_TRUST_KEY cannot be used: ${why}`,
    `Use a secret of at least ${MIN_SECRET_LENGTH} characters, ed25519:<32 bytes in base64>, ed25519-public:<32 bytes>, or an Ed25519 key as PEM.`,
    { cause },
  );
}
