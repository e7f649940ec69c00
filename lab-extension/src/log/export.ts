/** Export of log lines: as text for the clipboard, and as an NDJSON file. */
import type { LogRecord } from "stagebook/protocol";
import { formatMoment } from "stagebook/protocol";
import { fieldsText, plainText } from "./record-text";

/** `2026-11-20 14:03:09.042 info strong: parsed rows=3201`, one line per record, without colors. */
export function copyText(records: readonly LogRecord[]): string {
  return records.map(lineText).join("\n");
}

/** One JSON object per line, as the kernel sent it. */
export function encodeNdjson(records: readonly LogRecord[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

/** The file name for the log of a notebook: `analysis-log.ndjson`. */
export function logFileName(path: string): string {
  const name = path.split("/").at(-1) ?? "";
  return `${name.replace(/\.ipynb$/u, "") || "stagebook"}-log.ndjson`;
}

/** Saves a file through the browser, like a download. */
export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/x-ndjson" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // By then, the browser has started to read it.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function lineText(record: LogRecord): string {
  const at = `${formatMoment(record.at)}.${String(new Date(record.at).getMilliseconds()).padStart(3, "0")}`;
  const stage = record.stage === null ? "" : ` ${record.stage}:`;
  const fields = fieldsText(record);
  return `${at} ${record.level}${stage} ${plainText(record.message)}${fields === "" ? "" : ` ${fields}`}`;
}
