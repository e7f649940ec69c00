/** Parameter values from the command line: `--set name=value` and `--params file.json`, or `--params -` for stdin. */
import fs from "node:fs";
import { messageOf, parseExactJson, type Json } from "../protocol";
import { secrets } from "../secrets/secret-texts";
import type { ParamOverride } from "../run/state/run-overrides";
import { resolvePath, type CommandContext } from "./command-context";
import { UsageError } from "./terminal/usage-error";

/** The options that set parameters. */
export interface ParamOptions {
  readonly set?: readonly string[];
  readonly setSecret?: readonly string[];
  readonly params?: string;
}

/** `--set` takes precedence over the same name in a file. Throws UsageError `set-form`, `params-file` or `secret-missing`. */
export function readParamOptions(
  { set: sets = [], setSecret = [], params: file }: ParamOptions,
  context: CommandContext,
): ReadonlyMap<string, ParamOverride> {
  const overrides = new Map<string, ParamOverride>();
  if (file !== undefined)
    for (const [name, json] of Object.entries(readFile(file, context))) overrides.set(name, { json });
  for (const text of sets) {
    const at = text.indexOf("=");
    if (at < 1)
      throw new UsageError("set-form", `--set ${text} is not of the form name=value`, "Write --set name=value.");
    overrides.set(text.slice(0, at), { text: text.slice(at + 1) });
  }
  for (const text of setSecret) {
    const [, name, variable] = /^([^=]+)=env:(.+)$/s.exec(text) ?? [];
    if (name === undefined || variable === undefined)
      // Not the text itself: a user may have written the secret.
      throw new UsageError("set-form", "--set-secret is not of the form name=env:VARIABLE", "Write --set-secret password=env:PASSWORD."); // prettier-ignore
    const secret = context.environment[variable];
    if (secret === undefined)
      throw new UsageError("secret-missing", `the environment variable ${variable}, for the secret ${name}, is not set`, "Set it, or leave out --set-secret."); // prettier-ignore
    secrets.add(secret);
    overrides.set(name, { secret });
  }
  return overrides;
}

/** The files that a command reads: the notebook or script, and that of `--params`. Absolute. */
export function inputsOf(
  file: string,
  { params }: { readonly params?: string },
  context: Pick<CommandContext, "folder">,
): readonly string[] {
  const files = params === undefined || params === "-" ? [file] : [file, params];
  return files.map((each) => resolvePath(context, each));
}

function readFile(file: string, context: CommandContext): Readonly<Record<string, Json>> {
  const bad = (why: string): never => {
    throw new UsageError(
      "params-file",
      `cannot read parameters from ${file}: ${why}`,
      'Write JSON: { "name": value }.',
    );
  };
  try {
    const values = parseExactJson(fs.readFileSync(file === "-" ? 0 : resolvePath(context, file), "utf8"));
    if (typeof values === "object" && values !== null && !Array.isArray(values)) return values as Record<string, Json>;
  } catch (error) {
    return bad((error as NodeJS.ErrnoException).code === "ENOENT" ? "the file does not exist" : messageOf(error));
  }
  return bad("it is not a JSON object");
}
