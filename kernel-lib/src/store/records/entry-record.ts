/**
 * Self-checking records: one line of JSON with the sha256 of its content and of its subject, so that a damaged record, or one that was
 * moved to another name, is detected. Used by the stores for entries, claims and the rows of histories.
 */
import { digestOf, isDigest } from "../../key/digest";
import type { KeyPart } from "../../key/parts";
import type { Digest, RunId, VolatileRead } from "../../protocol";
import type { BlobRef, Entry, FileRef, HeadRow, TracedRead } from "../store";

const FORM = /^\{"check":"([0-9a-f]{64})","record":(.*)\}\n?$/s;

/** `subject`: what the record describes; a reader that expects another subject finds no record. */
export function encodeRecord(subject: readonly string[], record: unknown): string {
  const json = JSON.stringify(record);
  return `{"check":"${checkOf(subject, json)}","record":${json}}\n`;
}

/** The record, or undefined when the text is not a complete, unaltered record of this subject. */
export function decodeRecord(subject: readonly string[], text: string): { readonly record: unknown } | undefined {
  const [, check, json] = FORM.exec(text) ?? [];
  if (json === undefined || check !== checkOf(subject, json)) return undefined;
  try {
    return { record: JSON.parse(json) as unknown };
  } catch {
    // Anybody who can write here can also compute the checksum of text that is not JSON.
    return undefined;
  }
}

/**
 * The entry in a verified record, or undefined when it does not have the form of one. It is built field by field: nothing else that the
 * record may hold enters the program.
 */
export function asEntry(record: unknown, key: Digest): Entry | undefined {
  if (!isObject(record) || record.format !== 1 || record.key !== key || !isDigest(record.partial)) return undefined;
  const output = asOutput(record.output);
  const parts = listOf(record.parts, asPart);
  const params = asTexts(record.params);
  const { made, run, at, durationMs, partial } = record;
  if (!output || !parts || !params || !isObject(made) || !isFinite(at) || !isFinite(durationMs)) return undefined;
  if (typeof run !== "string" || typeof made.stagebook !== "string" || typeof made.node !== "string") return undefined;
  const { stagebook, node } = made;
  const versions = { stagebook, node };
  const entry = {
    format: 1,
    key,
    partial,
    parts,
    output,
    at,
    durationMs,
    params,
    run: run as RunId,
    made: versions,
  } as const;
  const volatile = optionalList(record.volatile, asVolatile);
  const traces = optionalList(record.traces, (trace) => listOf(trace, asTracedRead));
  if (!volatile || !traces) return undefined;
  return { ...entry, ...(volatile.length > 0 ? { volatile } : {}), ...(traces.length > 0 ? { traces } : {}) };
}

/** Signs entries and checks signatures, so that only entries by holders of the key are trusted. See `entry-seal.ts`. */
export interface EntrySeal {
  /** False when it can check signatures but not sign. */
  readonly canSign: boolean;
  /** The line that follows the record's line. */
  sign(key: Digest, line: string): string;
  /** Why the text is not to be trusted; undefined when it is. To be called before anything of the text is decoded. */
  findFault(key: Digest, text: string): string | undefined;
}

/** The record of an entry on one line, and its signature on a second one where there is a seal. */
export function encodeEntry(entry: Entry, seal?: EntrySeal): string {
  const line = encodeRecord(["entry", entry.key], entry);
  return seal ? line + seal.sign(entry.key, line) : line;
}

/** The entry in a text, without checking its signature; undefined when it is damaged. */
export function decodeEntry(key: Digest, text: string): Entry | undefined {
  const end = text.indexOf("\n");
  const line = end < 0 ? text : text.slice(0, end + 1);
  return asEntry(decodeRecord(["entry", key], line)?.record, key);
}

/** The blobs of an entry: of the value and of its files. */
export function blobsOf({ output }: Entry): readonly BlobRef[] {
  return [...output.blobs, ...output.files].map(({ digest, sizeBytes }) => ({ digest, sizeBytes }));
}

/** One line of a history. It starts with a line end too, so that the partial line of a killed process does not swallow it. */
export function encodeHeadRow(subject: readonly string[], row: HeadRow): string {
  return `\n${encodeRecord(subject, { key: row.key, partial: row.partial, at: row.at })}`;
}

/** The row in a line, or undefined when it is damaged. */
export function decodeHeadRow(subject: readonly string[], line: string): HeadRow | undefined {
  const found = decodeRecord(subject, line)?.record;
  if (!isObject(found) || !isDigest(found.key) || !isDigest(found.partial) || typeof found.at !== "number")
    return undefined;
  return { key: found.key, partial: found.partial, at: found.at };
}

function checkOf(subject: readonly string[], json: string): Digest {
  return digestOf(`${JSON.stringify(subject)}\n${json}`);
}

function asOutput(data: unknown): Entry["output"] | undefined {
  if (!isObject(data)) return undefined;
  const { digest, sizeBytes, codec, summary, items } = data;
  const blobs = listOf(data.blobs, asBlob);
  const files = listOf(data.files, asFile);
  if (!blobs || !files || !isDigest(digest) || !isSize(sizeBytes)) return undefined;
  if (typeof codec !== "string" || typeof summary !== "string") return undefined;
  const output = { digest, blobs, files, sizeBytes, codec, summary };
  if (items === undefined) return output;
  return isSize(items) ? { ...output, items } : undefined;
}

function asBlob(data: unknown): BlobRef | undefined {
  if (!isObject(data) || !isDigest(data.digest) || !isSize(data.sizeBytes)) return undefined;
  return { digest: data.digest, sizeBytes: data.sizeBytes };
}

function asFile(data: unknown): FileRef | undefined {
  const blob = asBlob(data);
  const name = isObject(data) ? data.name : undefined;
  return blob && isPlainName(name) ? { ...blob, name } : undefined;
}

/** True for a file name that cannot leave the folder it is joined to, on any system. */
export function isPlainName(name: unknown): name is string {
  return typeof name === "string" && name.length <= 255 && !/^\.{0,2}$|[/\\\0]|^[a-z]:/i.test(name);
}

function asPart(data: unknown): KeyPart | undefined {
  if (!isObject(data) || !isDigest(data.digest)) return undefined;
  const { kind, name, digest, text } = data;
  if (typeof kind !== "string" || typeof name !== "string" || typeof text !== "string") return undefined;
  const members = data.members === undefined ? undefined : asTexts(data.members);
  return { kind: kind as KeyPart["kind"], name, digest, text, ...(members && { members }) };
}

function asVolatile(data: unknown): VolatileRead | undefined {
  if (!isObject(data)) return undefined;
  const { kind, name, where, marks } = data;
  if (typeof kind !== "string" || typeof name !== "string" || typeof where !== "string") return undefined;
  return typeof marks === "boolean" ? { kind: kind as VolatileRead["kind"], name, where, marks } : undefined;
}

function asTracedRead(data: unknown): TracedRead | undefined {
  if (!isObject(data)) return undefined;
  const { kind, name, fields } = data;
  if (typeof kind !== "string" || typeof name !== "string") return undefined;
  if (fields === undefined) return { kind, name };
  return typeof fields === "string" ? { kind, name, fields } : undefined;
}

function asTexts(data: unknown): Readonly<Record<string, string>> | undefined {
  if (!isObject(data)) return undefined;
  const texts = Object.entries(data);
  // `fromEntries` defines properties and does not assign them: a parameter or file may be named `__proto__`.
  return texts.every(isTextPair) ? Object.fromEntries(texts) : undefined;
}

function isTextPair(pair: [string, unknown]): pair is [string, string] {
  return typeof pair[1] === "string";
}

/** An absent list is empty. */
function optionalList<T>(data: unknown, decode: (item: unknown) => T | undefined): readonly T[] | undefined {
  return data === undefined ? [] : listOf(data, decode);
}

function listOf<T>(data: unknown, decode: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(data)) return undefined;
  const items: T[] = [];
  for (const item of data as readonly unknown[]) {
    const found = decode(item);
    if (found === undefined) return undefined;
    items.push(found);
  }
  return items;
}

function isSize(data: unknown): data is number {
  return Number.isSafeInteger(data) && (data as number) >= 0;
}

function isFinite(data: unknown): data is number {
  return Number.isFinite(data);
}

export function isObject(data: unknown): data is { readonly [name: string]: unknown } {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}
