/** Small facts about one notebook that must be there at once: which parameter values were set. Read and written in one go. */
import fs from "node:fs";
import path from "node:path";
import { createHash } from "node:crypto";

/** JSON by name. A damaged or missing file reads as empty. */
export interface SavedParams {
  read(): Readonly<Record<string, unknown>>;
  /** Replaces all. Throws the system's error when it cannot be written. */
  write(savedParams: Readonly<Record<string, unknown>>): void;
}

export function createMemorySavedParams(): SavedParams {
  let kept: Readonly<Record<string, unknown>> = {};
  return { read: () => kept, write: (savedParams) => void (kept = savedParams) };
}

/** Notes in one file: the text of its JSON behind its own checksum. `trouble` hears of a damaged file. */
export function createFileSavedParams(file: string, onProblem: (message: string, where: string) => void): SavedParams {
  return {
    read: () => {
      let text: string;
      try {
        text = fs.readFileSync(file, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT")
          onProblem(`cannot be read: ${(error as Error).message}`, file);
        return {};
      }
      const sum = text.slice(0, 64);
      const body = text.slice(65);
      if (checksum(body) === sum) return JSON.parse(body) as Record<string, unknown>;
      onProblem("is damaged: parameter values that were set are forgotten", file);
      return {};
    },
    write: (savedParams) => {
      const body = JSON.stringify(savedParams);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      const temporary = `${file}.${process.pid}.tmp`;
      const handle = fs.openSync(temporary, "w");
      try {
        fs.writeSync(handle, `${checksum(body)}\n${body}`);
        fs.fsyncSync(handle);
      } finally {
        fs.closeSync(handle);
      }
      fs.renameSync(temporary, file);
    },
  };
}

const checksum = (text: string): string => createHash("sha256").update(text).digest("hex");
