/** Usage errors: a command that cannot be carried out as it was typed. Exit code 2. */
import { StagebookError } from "../../protocol";

/** `code` as in every StagebookError: `notebook-missing`, `stage-unknown`. */
export class UsageError extends StagebookError {}

/** `a, b and 3 more`. */
export function listed(names: readonly string[], max = 10): string {
  const shown = names.slice(0, max).join(", ");
  return names.length > max ? `${shown} and ${names.length - max} more` : shown;
}
