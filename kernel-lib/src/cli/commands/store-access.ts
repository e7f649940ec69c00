/** Access to the stored results of a notebook without executing its cells. */
import fs from "node:fs";
import path from "node:path";
import type { PipelineInternals } from "../../notebook/pipeline-internals";
import { createPipelineWithInternals } from "../../pipeline";
import type { PipelineContext } from "../../pipeline-context";
import { RunOverrides } from "../../run/state/run-overrides";
import { resolvePath, type CommandContext } from "../command-context";
import type { Entry } from "../../store/store";
import { folderOf } from "../session/open-session";
import { StagebookError } from "../../protocol";
import { UsageError } from "../terminal/usage-error";

/** Opens the store as the notebook's kernel does: relative to the notebook's folder; for a script, to the working folder. */
export function openResults(file: string, context: CommandContext): PipelineInternals {
  return open(folderOf(file, context), { file: resolvePath(context, file) }, context);
}

/** Opens the store of a folder. Throws UsageError `folder-missing`. */
export function openStoreIn(folder: string, context: CommandContext): PipelineInternals {
  const full = resolvePath(context, folder);
  if (fs.statSync(full, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError("folder-missing", `folder ${folder} does not exist`, "Pass the folder of the notebooks.");
  return open(full, "script", context);
}

function open(
  folder: string,
  notebook: PipelineContext["notebook"],
  { environment }: CommandContext,
): PipelineInternals {
  const overrides = RunOverrides.none;
  const context = { environment, folder, notebook, usesSavedParams: false, overrides, onPipeline: () => undefined };
  return createPipelineWithInternals({}, () => undefined, context).internals;
}

/** Newest first. Throws `no-result` if there is none. */
export async function findResults(
  { engine }: PipelineInternals,
  stage: string,
  file: string,
): Promise<readonly Entry[]> {
  const entries = await engine.results.history(stage);
  if (entries.length > 0) return entries;
  throw new StagebookError(
    "no-result",
    `${path.basename(file)} has no stored result of stage "${stage}" in ${engine.store.location}`,
    `Run it first: stagebook run ${path.basename(file)}.`,
    { stage },
  );
}

/** The newest, or the one whose key starts with the prefix. Throws `no-result`. */
export async function findResult(
  internals: PipelineInternals,
  { stage, file, key }: { readonly stage: string; readonly file: string; readonly key?: string },
): Promise<Entry> {
  const entries = await findResults(internals, stage, file);
  const found = key === undefined ? entries[0] : entries.find((entry) => entry.key.startsWith(key));
  if (found) return found;
  throw new StagebookError(
    "no-result",
    `no stored result of stage "${stage}" has a key that starts with ${key ?? ""}`,
    `List them: stagebook history ${path.basename(file)} ${stage}.`,
    { stage },
  );
}
