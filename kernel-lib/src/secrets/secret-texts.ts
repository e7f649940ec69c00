/**
 * The values of secret parameters in this process, and the mask over every text that leaves it: events, records, log lines, errors, outputs of
 * cells, answers to the page, and what a command prints. One list for the process, because all its pipelines share its streams and errors.
 */
import { MASK, visibleText, type Digest } from "../protocol";
import { keyedDigest, processSecretKey, type SecretKeySource } from "./secret-key";

/** In characters. A shorter text occurs everywhere by chance, so that it cannot be masked: parameters refuse it. */
export const SHORTEST_SECRET = 4;
/** Values that were replaced may still be in texts to come. */
const MOST = 1000;

/** Members that name things, by which data is found again: code chooses them, so they hold no secret. */
const STRUCTURE = new Set([
  ...["type", "kind", "status", "action", "level", "source", "code", "codec", "outcome", "format", "command"],
  ...["stage", "stages", "name", "names", "cell", "cells", "run", "id", "ids", "key", "partial", "digest", "uid"],
  ...["by", "with", "of", "targets", "waitsFor", "path", "file", "savedParams"],
]);

interface KnownSecret {
  /** How it may be written in a text. */
  readonly forms: readonly string[];
  /** The same as bytes. */
  readonly needles: readonly Buffer[];
  /** Absent until a parameter has it. */
  readonly key?: SecretKeySource;
}

/** A secret as another thread receives it. */
export interface SharedSecret {
  readonly text: string;
  readonly key: Uint8Array;
}

class SecretTexts {
  /** By value. */
  private readonly known = new Map<string, KnownSecret>();
  /** All forms, the longest first: a secret may be part of another one. */
  private ordered: readonly string[] = [];
  private changes = 0;
  /** For secrets that no parameter has yet. */
  private readonly processKey = processSecretKey();

  get isEmpty(): boolean {
    return this.ordered.length === 0;
  }

  /** Increases with each secret: digests from before may be without a key. */
  get version(): number {
    return this.changes;
  }

  /** From now on the text is masked, and digests of what contains it are computed with `key`: that of the first pipeline that has it. */
  add(secret: unknown, key?: SecretKeySource): void {
    if (typeof secret !== "string" || secret.length < SHORTEST_SECRET) return;
    const before = this.known.get(secret);
    if (before && (before.key || !key)) return;
    const [oldest] = this.known.keys();
    if (!before && this.known.size >= MOST && oldest !== undefined) this.known.delete(oldest);
    const forms = before?.forms ?? formsOf(secret);
    this.known.set(secret, { forms, needles: before?.needles ?? needlesOf(forms), ...(key && { key }) });
    this.changes++;
    const all = [...this.known.values()].flatMap((each) => each.forms);
    this.ordered = [...new Set(all)].sort((a, b) => b.length - a.length);
  }

  /** For another thread. */
  share(): readonly SharedSecret[] {
    return [...this.known].map(([text, { key = this.processKey }]) => ({ text, key: key() }));
  }

  /** In another thread. */
  receive(shared: readonly SharedSecret[]): void {
    for (const { text, key } of shared) this.add(text, () => Buffer.from(key));
  }

  /** A message for a reader. */
  mask(text: string): string {
    return replace(text, this.ordered);
  }

  /** JSON data with the texts in it masked, but not its names; the same object when there is nothing to mask. */
  maskData<T>(data: T): T {
    return this.isEmpty ? data : (this.maskValue(data) as T);
  }

  /** Whether bytes contain a secret, as UTF-8, Latin-1 or UTF-16. */
  isIn(pieces: readonly Uint8Array[]): boolean {
    const search = this.search();
    if (search) for (const piece of pieces) search.look(piece);
    return search?.hasFound === true;
  }

  /** A search through bytes that come in pieces; undefined when there are no secrets. */
  search(): SecretSearch | undefined {
    if (this.isEmpty) return undefined;
    const known = [...this.known.values()];
    return new SecretSearch(known.map(({ needles, key = this.processKey }) => ({ needles, key })));
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

/** Whether a secret is among bytes, as UTF-8, Latin-1 or UTF-16. */
export class SecretSearch {
  private key: SecretKeySource | undefined;
  private before = Buffer.alloc(0);
  private readonly longest: number;

  constructor(private readonly known: readonly Required<Pick<KnownSecret, "needles" | "key">>[]) {
    this.longest = Math.max(...known.flatMap(({ needles }) => needles.map(({ byteLength }) => byteLength)));
  }

  get hasFound(): boolean {
    return this.key !== undefined;
  }

  /** The next piece. */
  look(piece: Uint8Array): void {
    if (this.key) return;
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    // A secret may begin in one piece and end in the next.
    const seam = this.before.length === 0 ? this.before : Buffer.concat([this.before, bytes.subarray(0, this.longest)]);
    this.key = this.known.find(({ needles }) => needles.some((needle) => seam.includes(needle) || bytes.includes(needle)))?.key; // prettier-ignore
    this.before = Buffer.concat([this.before, bytes.subarray(-this.longest)]).subarray(-this.longest);
  }

  /** The digest of all pieces with the key of the secret in them; undefined when there is none. */
  keyed(digest: Digest): Digest | undefined {
    return this.key && keyedDigest(this.key(), digest);
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

function needlesOf(forms: readonly string[]): readonly Buffer[] {
  const all = forms.flatMap((form) => [
    Buffer.from(form),
    Buffer.from(form, "utf16le"),
    ...(/^[\0-\xff]*$/.test(form) ? [Buffer.from(form, "latin1")] : []),
  ]);
  return [...new Map(all.map((needle) => [needle.toString("hex"), needle])).values()];
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
