/** The stored results of a notebook, without executing its cells. */
import path from "node:path";
import type { PipelineInternals } from "../../notebook/pipeline-internals";
import { createPipelineWithInternals } from "../../pipeline";
import type { Entry } from "../../store/store";
import { resultNameOf } from "../session/open-session";
import { StagebookError } from "../../protocol";

/** Opens the store as the notebook's kernel does: the folder is that of the notebook; that of a script is the present one. */
export function openResults(file: string): PipelineInternals {
  const notebook = resultNameOf(file);
  if (notebook !== "script") process.chdir(path.dirname(path.resolve(file)));
  return createPipelineWithInternals({ notebook }, () => undefined).internals;
}

/** Opens the store of a folder. */
export function openStoreIn(folder: string): PipelineInternals {
  process.chdir(folder);
  return createPipelineWithInternals({}, () => undefined).internals;
}

/** Newest first. Throws `no-result` where there is none. */
export async function findResults(
  { engine }: PipelineInternals,
  stage: string,
  file: string,
): Promise<readonly Entry[]> {
  const entries = await engine.results.history(stage);
  if (entries.length > 0) return entries;
  throw new StagebookError(
    "no-result",
    `${path.basename(file)} has no stored result of a stage "${stage}" in ${engine.store.location}`,
    `Run it first: stagebook run ${path.basename(file)}.`,
    { stage },
  );
}

/** The newest, or the one whose key begins so. Throws `no-result`. */
export async function findResult(
  internals: PipelineInternals,
  { stage, file, key }: { readonly stage: string; readonly file: string; readonly key?: string },
): Promise<Entry> {
  const entries = await findResults(internals, stage, file);
  const found = key === undefined ? entries[0] : entries.find((entry) => entry.key.startsWith(key));
  if (found) return found;
  throw new StagebookError(
    "no-result",
    `no stored result of stage "${stage}" has a key that begins with ${key ?? ""}`,
    `See them: stagebook history ${path.basename(file)} ${stage}.`,
    { stage },
  );
}
