/** Opens the file of a command: a notebook or a script. */
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { packageFolder } from "../../async/own-code";
import { visibleText } from "../../protocol";
import { resolvePath, type CommandContext } from "../command-context";
import { UsageError } from "../terminal/usage-error";
import { NotebookSession } from "./notebook-session";
import { readNotebook } from "./notebook-file";
import type { Refusals } from "./refusals";
import { ScriptSession } from "./script-session";
import type { Session, SessionListener } from "./session";

const scripts = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"];

export interface OpenSessionParts {
  readonly refusals: Refusals;
  readonly listener: SessionListener;
  /** Of `--no-saved`. */
  readonly ignoresSaved: boolean;
}

/** Throws UsageError for a file that is neither, or cannot be read. */
export function openSession(
  file: string,
  context: CommandContext,
  { refusals, listener, ignoresSaved }: OpenSessionParts,
): Session {
  const { environment, folder } = context;
  const full = resolvePath(context, file);
  const usesSavedParams = !ignoresSaved && !isContinuousIntegration(environment);
  const parts = { environment, folder, usesSavedParams, refusals, listener };
  if (isScript(file)) return new ScriptSession(full, readScript(full, file), parts);
  const notebook = readNotebook(full, file);
  for (const id of notebook.repeated)
    context.terminal.err(
      `${visibleText(`warn: two cells of ${file} have the id ${JSON.stringify(id)}; the second one gets another. Open the notebook in Jupyter and save it to repair it.`)}\n`,
    );
  context.enterFolder(path.dirname(full));
  return new NotebookSession(notebook, parts);
}

/** The folder in which the file is executed: a notebook in its own, a script in the working folder. Throws UsageError `file-kind`. */
export function folderOf(file: string, context: CommandContext): string {
  return isScript(file) ? context.folder : path.dirname(resolvePath(context, file));
}

/** Values that a developer has set on this machine must not affect a build: CI services set `CI`. */
function isContinuousIntegration({ CI = "" }: CommandContext["environment"]): boolean {
  return !/^(0|false|no|off)?$/i.test(CI);
}

function isScript(file: string): boolean {
  const extension = path.extname(file);
  if (extension !== ".ipynb" && !scripts.includes(extension))
    throw new UsageError(
      "file-kind",
      `${file} is neither a notebook nor a script`,
      `Pass a file that ends in .ipynb, ${scripts.join(", ")}.`,
    );
  return extension !== ".ipynb";
}

function readScript(full: string, file: string): string {
  try {
    return fs.readFileSync(full, "utf8");
  } catch {
    throw new UsageError("notebook-missing", `${file} cannot be read`, "Pass a notebook or a script.");
  }
}

/**
 * The command of the copy of Stagebook that the file imports, when it is another copy than this: keys and formats are its own. Throws
 * UsageError `stagebook-missing`.
 */
export function findOtherCopy(file: string, context: CommandContext): string | undefined {
  const full = resolvePath(context, file);
  const folder = path.dirname(full);
  let manifest: string;
  try {
    manifest = createRequire(path.join(folder, "cell.js")).resolve("stagebook/package.json");
  } catch {
    // The reader of the file reports that it cannot be read.
    if (!fs.existsSync(full)) return undefined;
    throw new UsageError(
      "stagebook-missing",
      `the package stagebook is not installed in ${folder} or above it, so its cells cannot import it`,
      "Install it there: npm install stagebook tslab.",
    );
  }
  const found = fs.realpathSync(path.dirname(manifest));
  return found === fs.realpathSync(packageFolder) ? undefined : path.join(found, "lib", "cli", "main.js");
}
