/** The parameter values that were set in a notebook. Small, and needed at once when a kernel starts: read and written synchronously. */
import fs from "node:fs";
import path from "node:path";
import { createHash } from "node:crypto";
import { messageOf } from "../../protocol";
import { codeOf } from "../records/store-error";

/** JSON values by parameter name. A damaged or missing file reads as empty. */
export interface SavedParams {
  read(): Readonly<Record<string, unknown>>;
  /** Replaces all values. Throws the system error when they cannot be written. */
  write(savedParams: Readonly<Record<string, unknown>>): void;
}

export function createMemorySavedParams(): SavedParams {
  let kept: Readonly<Record<string, unknown>> = {};
  return { read: () => kept, write: (savedParams) => void (kept = savedParams) };
}

/** Values in one file: JSON after its own checksum. A damaged file is reported to `onProblem`. */
export function createFileSavedParams(file: string, onProblem: (message: string, where: string) => void): SavedParams {
  return {
    read: () => {
      let text: string;
      try {
        text = fs.readFileSync(file, "utf8");
      } catch (error) {
        if (codeOf(error) !== "ENOENT") onProblem(`cannot be read: ${messageOf(error)}`, file);
        return {};
      }
      const sum = text.slice(0, 64);
      const json = text.slice(65);
      if (checksum(json) === sum) return JSON.parse(json) as Record<string, unknown>;
      onProblem("is damaged: the parameter values that were set are lost", file);
      return {};
    },
    write: (savedParams) => {
      const json = JSON.stringify(savedParams);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      const temporary = `${file}.${process.pid}.tmp`;
      const handle = fs.openSync(temporary, "w");
      try {
        fs.writeSync(handle, `${checksum(json)}\n${json}`);
        fs.fsyncSync(handle);
      } finally {
        fs.closeSync(handle);
      }
      fs.renameSync(temporary, file);
    },
  };
}

const checksum = (text: string): string => createHash("sha256").update(text).digest("hex");
