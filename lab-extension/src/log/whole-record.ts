/** The parts of a log line of which text was left out, as the record of its run has them. Pure. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { LogRecord, RunId } from "stagebook/protocol";
import { boundRecord, formatMoment } from "stagebook/protocol";
import type { TextPart } from "../ui/whole-text";

/** A line of which text was left out, and whose run has a record. */
export type CutRecord = LogRecord & { readonly stage: string; readonly run: RunId };

export function isCut(record: LogRecord): record is CutRecord {
  return record.isCut === true && record.stage !== null && record.run !== null;
}

export function subjectOf({ stage, at }: CutRecord, trans: TranslationBundle): string {
  return trans.__("Log line of %1, %2", stage, formatMoment(at));
}

/** Of the lines that were written at the same time, the one that was shortened to `shown`; undefined when it is not among them. */
export function findWhole(shown: LogRecord, candidates: readonly LogRecord[]): LogRecord | undefined {
  const bounded = candidates.map(boundRecord);
  const isSame = (name: "message" | "fields") => (record: LogRecord) =>
    JSON.stringify(record[name]) === JSON.stringify(shown[name]);
  const at = bounded.findIndex((record) => isSame("message")(record) && isSame("fields")(record));
  return candidates[at < 0 ? bounded.findIndex(isSame("message")) : at];
}

export function partsOfRecord({ message, fields }: LogRecord, trans: TranslationBundle): readonly TextPart[] {
  const values = Object.entries(fields).map(([name, value]) => ({
    name,
    text: typeof value === "string" ? value : JSON.stringify(value, undefined, 2),
  }));
  return [{ name: trans.__("Message"), text: message }, ...values];
}
