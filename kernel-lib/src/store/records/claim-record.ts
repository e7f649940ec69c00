/**
 * The record of a claim: `{ token, <id>, holder }`, where `<id>` names the process that wrote it: `tag` in
 * files, `live` in buckets.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Claim, HeadName, Holder } from "../store";
import { decodeRecord, encodeRecord, isObject } from "./entry-record";

const SUBJECT = ["claim"];

/** A claim as it is written. */
export type ClaimRecord<Id extends string> = {
  /** Unique to this claim. */
  readonly token: string;
  readonly holder: Holder;
} & { readonly [id in Id]: string };

/** A claim where none can be written: it excludes no other process. */
export const unsharedClaim: Claim = {
  isUnshared: true,
  isHeld: async () => true,
  report: () => undefined,
  release: async () => undefined,
};

export const unknownHolder: Holder = { host: "", pid: 0, notebook: "", stage: "", since: 0 };

export function newToken(): string {
  return randomBytes(16).toString("hex");
}

/** This process as the holder of a claim. */
export function holderHere({ notebook, stage }: HeadName): Holder {
  return { host: hostname(), pid: process.pid, notebook, stage, since: Date.now() };
}

export function encodeClaim(record: Pick<ClaimRecord<never>, "token" | "holder">): string {
  return encodeRecord(SUBJECT, record);
}

/** Undefined for a damaged record. */
export function decodeClaim<Id extends string>(id: Id, text: string): ClaimRecord<Id> | undefined {
  const record = decodeRecord(SUBJECT, text)?.record;
  if (!isObject(record) || !isObject(record.holder)) return undefined;
  const { host, pid, notebook, stage, since } = record.holder;
  const isWhole =
    [record.token, record[id], host, notebook, stage].every((field) => typeof field === "string") &&
    [pid, since].every((field) => typeof field === "number");
  return isWhole ? (record as unknown as ClaimRecord<Id>) : undefined;
}
