/** Parameter values from the command line: `--set name=value` and `--params file.json`, or `--params -` for the standard input. */
import fs from "node:fs";
import { messageOf, type Json } from "../protocol";
import type { ParamOverride } from "../run/state/run-overrides";
import { UsageError } from "./terminal/usage-error";

/** A `--set` comes before the same name in a file. Throws UsageError `set-form` or `params-file`. */
export function readParamOptions(sets: readonly string[], file: string | undefined): Record<string, ParamOverride> {
  const given: Record<string, ParamOverride> = {};
  if (file !== undefined) for (const [name, json] of Object.entries(readFile(file))) given[name] = { json };
  for (const text of sets) {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError("set-form", `--set ${text} has no name or no value`, "Write --set name=value.");
    given[text.slice(0, at)] = { text: text.slice(at + 1) };
  }
  return given;
}

function readFile(file: string): Readonly<Record<string, Json>> {
  const bad = (why: string): never => {
    throw new UsageError("params-file", `${file} gives no parameters: ${why}`, 'Write JSON: { "name": value }.');
  };
  try {
    const values = JSON.parse(fs.readFileSync(file === "-" ? 0 : file, "utf8")) as unknown;
    if (typeof values === "object" && values !== null && !Array.isArray(values)) return values as Record<string, Json>;
  } catch (error) {
    return bad((error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : messageOf(error));
  }
  return bad("it holds no object");
}
