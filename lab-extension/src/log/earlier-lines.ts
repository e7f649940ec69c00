/** Asks the kernel for log lines that the page does not have. Called by the log view. */
import type { RunId } from "stagebook/protocol";
import type { NotebookModel } from "../tokens";

/** As many as the kernel gives at once. */
const AT_ONCE = 10_000;

/** Fetches lines of this kernel until some are new. Returns how many are; 0 when the page has them all. */
export async function fetchOlderLines(model: NotebookModel): Promise<number> {
  // The page cannot know how many of its lines are of this kernel: it looks from the newest on.
  for (let before = 0; ; before += AT_ONCE) {
    const { records, more } = await model.send<"log">({ type: "log", before, limit: AT_ONCE });
    const added = model.log.addEarlier(records);
    if (added > 0 || !more) return added;
  }
}

/** Fetches the last lines of a run, also of one in an earlier kernel. */
export async function fetchRunLines(model: NotebookModel, run: RunId): Promise<void> {
  const { records } = await model.send<"log">({ type: "log", before: 0, limit: AT_ONCE, run });
  model.log.addEarlier(records);
}
