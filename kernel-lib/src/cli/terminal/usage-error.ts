/** Usage errors: a command that cannot be carried out as it was typed. Exit code 2. */
import { StagebookError } from "../../protocol";
import { isStoreName } from "../../store/store-url";

/** `code` as in every StagebookError: `notebook-missing`, `stage-unknown`. */
export class UsageError extends StagebookError {}

/** Refuses workers whose results nobody else would see. */
export function checkSharedStore(store: string | undefined): void {
  if (store === undefined || !isStoreName(store)) return;
  throw new UsageError(
    "worker-store",
    `in the store "${store}" the results of a worker exist in its own process only`,
    "Set STAGEBOOK_STORE, or pass --store: a folder that all processes share, or a bucket: s3://bucket/prefix.",
  );
}

/** `a, b and 3 more`. */
export function listed(names: readonly string[], max = 10): string {
  const shown = names.slice(0, max).join(", ");
  return names.length > max ? `${shown} and ${names.length - max} more` : shown;
}
