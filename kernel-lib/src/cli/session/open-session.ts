/** Opens what the command was given: a notebook or a script. */
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { RunOverrides, type RunOverridesRequest } from "../../run/state/run-overrides";
import { NotebookSession } from "./notebook-session";
import { readNotebook } from "./notebook-file";
import { ScriptSession } from "./script-session";
import type { Session, SessionListener } from "./session";
import { UsageError } from "../terminal/usage-error";

const scripts = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"];

/** Throws UsageError for a file that is neither, or cannot be read. */
export function openSession(file: string, request: RunOverridesRequest, listener: SessionListener): Session {
  const runOverrides = new RunOverrides(request);
  if (isScript(file)) return new ScriptSession(path.resolve(file), readScript(file), runOverrides, listener);
  return new NotebookSession(readNotebook(file), runOverrides, listener);
}

/** The name under which the results of a file are kept. */
export function resultNameOf(file: string): string {
  return isScript(file) ? "script" : path.basename(file);
}

function isScript(file: string): boolean {
  const ending = path.extname(file);
  if (ending !== ".ipynb" && !scripts.includes(ending))
    throw new UsageError(
      "file-kind",
      `${file} is neither a notebook nor a script`,
      `Name a file that ends in .ipynb, ${scripts.join(", ")}.`,
    );
  return ending !== ".ipynb";
}

function readScript(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    throw new UsageError("notebook-missing", `${file} cannot be read`, "Name a notebook or a script.");
  }
}

/**
 * The command of the copy of Stagebook that the file's own imports get, when that is another one than this: keys and formats are its
 * business. Throws UsageError `stagebook-missing`.
 */
export function findOtherCopy(file: string): string | undefined {
  const folder = path.dirname(path.resolve(file));
  const own = path.join(__dirname, "..", "..", "..");
  let manifest: string;
  try {
    manifest = createRequire(path.join(folder, "cell.js")).resolve("stagebook/package.json");
  } catch {
    // What cannot be read is told by whoever reads it.
    if (!fs.existsSync(file)) return undefined;
    throw new UsageError(
      "stagebook-missing",
      `the package stagebook is not installed in ${folder} or above it, so its cells cannot import it`,
      "Install it there: npm install stagebook tslab.",
    );
  }
  const found = fs.realpathSync(path.dirname(manifest));
  return found === fs.realpathSync(own) ? undefined : path.join(found, "lib", "cli", "main.js");
}
