/**
 * The values of secret parameters in this process, and the mask over every text that leaves it: events, records, log lines, errors, outputs of
 * cells, answers to the page, and what a command prints. One list for the process, because all its pipelines share its streams and errors.
 */
import { MASK, visibleText } from "../protocol";

/** A shorter text occurs by chance: masking it would only make texts unreadable. */
const SHORTEST = 4;
/** The same for text that is not a message: output that may be parsed, bytes of values. */
const SHORTEST_RAW = 6;
/** Values that were replaced may still be in texts to come. */
const MOST = 1000;

/** Members that name things, by which data is found again: code chooses them, so they hold no secret. */
const STRUCTURE = new Set([
  ...["type", "kind", "status", "action", "level", "source", "code", "codec", "outcome", "format", "command"],
  ...["stage", "stages", "name", "names", "cell", "cells", "run", "id", "ids", "key", "partial", "digest", "uid"],
  ...["by", "with", "of", "targets", "waitsFor", "path", "file", "savedParams"],
]);

class SecretTexts {
  /** By value: how it may be written in a text. */
  private readonly forms = new Map<string, readonly string[]>();
  /** All of them, the longest first: a secret may be part of another one. */
  private ordered: readonly string[] = [];
  private orderedRaw: readonly string[] = [];

  get isEmpty(): boolean {
    return this.ordered.length === 0;
  }

  /** From now on the text is masked. */
  add(secret: unknown): void {
    if (typeof secret !== "string" || secret.length < SHORTEST || this.forms.has(secret)) return;
    const [oldest] = this.forms.keys();
    if (this.forms.size >= MOST && oldest !== undefined) this.forms.delete(oldest);
    this.forms.set(secret, formsOf(secret));
    const formsFrom = (shortest: number): readonly string[] => {
      const known = [...this.forms].filter(([each]) => each.length >= shortest).flatMap(([, forms]) => forms);
      return [...new Set(known)].sort((a, b) => b.length - a.length);
    };
    this.ordered = formsFrom(SHORTEST);
    this.orderedRaw = formsFrom(SHORTEST_RAW);
  }

  /** A message for a reader. */
  mask(text: string): string {
    return replace(text, this.ordered);
  }

  /** Any other text: what a cell or a command prints, a file of text. */
  maskOutput(text: string): string {
    return replace(text, this.orderedRaw);
  }

  /** JSON data with the texts in it masked, but not its names; the same object when there is nothing to mask. */
  maskData<T>(data: T): T {
    return this.isEmpty ? data : (this.maskValue(data) as T);
  }

  /** Whether bytes contain a secret, as UTF-8, Latin-1 or UTF-16. */
  isIn(pieces: readonly Uint8Array[]): boolean {
    if (this.orderedRaw.length === 0) return false;
    // A secret may begin in one piece and end in the next.
    const longest = Math.max(...this.orderedRaw.map((form) => Buffer.byteLength(form, "utf16le")));
    let before = Buffer.alloc(0);
    for (const piece of pieces) {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      const seam = Buffer.concat([before, bytes.subarray(0, longest)]);
      if (this.isInBytes(bytes) || this.isInBytes(seam)) return true;
      before = Buffer.concat([before, bytes.subarray(-longest)]).subarray(-longest);
    }
    return false;
  }

  private isInBytes(bytes: Buffer): boolean {
    return this.orderedRaw.some((form) =>
      (["utf8", "latin1", "utf16le"] as const).some((encoding) => bytes.includes(form, 0, encoding)),
    );
  }

  private maskValue(value: unknown, name?: string): unknown {
    if (typeof value === "string")
      return (name !== undefined && STRUCTURE.has(name)) || isDigest(value) ? value : this.mask(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) {
      const items = value.map((item) => this.maskValue(item, name));
      return items.every((item, at) => item === value[at]) ? value : items;
    }
    const members = Object.entries(value).map(([key, member]) => [key, this.maskValue(member, key)] as const);
    const isSame = members.every(([key, member]) => (value as Readonly<Record<string, unknown>>)[key] === member);
    return isSame ? value : Object.fromEntries(members);
  }
}

const isDigest = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

function replace(text: string, forms: readonly string[]): string {
  let masked = text;
  for (const form of forms) if (masked.includes(form)) masked = masked.replaceAll(form, MASK);
  return masked;
}

/** As it is; within JSON or code; as a part of a URL; in base64, for headers; with its control characters escaped. */
function formsOf(secret: string): readonly string[] {
  const quoted = JSON.stringify(secret).slice(1, -1);
  const base64 = Buffer.from(secret).toString("base64");
  return [secret, quoted, JSON.stringify(quoted).slice(1, -1), visibleText(secret), encoded(secret), base64];
}

function encoded(secret: string): string {
  try {
    return encodeURIComponent(secret);
  } catch {
    // Half of a surrogate pair has no such form.
    return secret;
  }
}

export const secrets = new SecretTexts();
