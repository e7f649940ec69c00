/** A command that cannot be carried out as it was given. It ends with exit code 2. */
import { StagebookError } from "../../protocol";

/** `code` as of every StagebookError: `notebook-missing`, `stage-unknown`. */
export class UsageError extends StagebookError {}

/** `a, b and 3 more`. */
export function listed(names: readonly string[], most = 10): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
