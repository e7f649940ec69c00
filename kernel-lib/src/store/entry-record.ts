/**
 * Self-checking records: JSON on one line that carries the sha256 of itself and of what it is a record of, so that a damaged one, or
 * one in another's place, is told from a good one. Used by the disk store for entries, notes and the rows of heads.
 */
import { digestOf, isDigest } from "../key/digest";
import type { Digest } from "../protocol";
import type { Entry, HeadRow } from "./store";

const FORM = /^\{"check":"([0-9a-f]{64})","record":(.*)\}\n?$/s;

/** `subject`: what the record is of; a reader that expects another subject gets nothing. */
export function encodeRecord(subject: readonly string[], record: unknown): string {
  const json = JSON.stringify(record);
  return `{"check":"${checkOf(subject, json)}","record":${json}}\n`;
}

/** The record, or undefined when the text is not one of this subject, whole and unaltered. */
export function decodeRecord(subject: readonly string[], text: string): { readonly record: unknown } | undefined {
  const [, check, json] = FORM.exec(text) ?? [];
  if (json === undefined || check !== checkOf(subject, json)) return undefined;
  return { record: JSON.parse(json) };
}

/** The entry in a verified record, or undefined when it has not the form of one. */
export function asEntry(record: unknown, key: Digest): Entry | undefined {
  if (!isObject(record) || !isObject(record.output) || !isObject(record.params) || !isObject(record.made))
    return undefined;
  const { output } = record;
  const isWhole =
    record.format === 1 &&
    record.key === key &&
    isDigest(record.partial) &&
    Array.isArray(record.parts) &&
    record.parts.every(isPart) &&
    isDigest(output.digest) &&
    isDigest(output.blob) &&
    [output.sizeBytes, record.at, record.durationMs].every((number) => typeof number === "number") &&
    [output.codec, output.summary, record.run, record.made.stagebook, record.made.node].every(
      (text) => typeof text === "string",
    ) &&
    Object.values(record.params).every((text) => typeof text === "string");
  return isWhole ? (record as unknown as Entry) : undefined;
}

/** One line of a head. It stands between line ends, so that the torn line of a killed process does not swallow it. */
export function encodeHeadRow(subject: readonly string[], row: HeadRow): string {
  return `\n${encodeRecord(subject, { key: row.key, partial: row.partial, at: row.at })}`;
}

/** The row of a line, or undefined for a damaged one. */
export function decodeHeadRow(subject: readonly string[], line: string): HeadRow | undefined {
  const found = decodeRecord(subject, line)?.record;
  if (!isObject(found) || !isDigest(found.key) || !isDigest(found.partial) || typeof found.at !== "number")
    return undefined;
  return { key: found.key, partial: found.partial, at: found.at };
}

function checkOf(subject: readonly string[], json: string): Digest {
  return digestOf(`${JSON.stringify(subject)}\n${json}`);
}

function isPart(part: unknown): boolean {
  return (
    isObject(part) &&
    isDigest(part.digest) &&
    [part.kind, part.name, part.text].every((text) => typeof text === "string")
  );
}

function isObject(data: unknown): data is { readonly [name: string]: unknown } {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}
