/** Keeps the events and log lines of each run in the store, so that they can be read after the kernel is gone. */
import type { Observable } from "rxjs";
import type { LogRecord, RunId, StagebookEvent } from "../protocol";
import type { Store } from "../store/store";

/** How long events wait to be written together, in milliseconds; the end of a run is written at once. */
const WRITE_EVERY_MS = 200;

/** Writes from now on. `trouble` is told once when the store cannot be written. Keeps no process alive. Returns how to wait until all is written. */
export function recordRuns(
  events$: Observable<StagebookEvent>,
  store: Store,
  trouble: (error: Error) => void,
): () => Promise<void> {
  if (store.keepsNothing === true) return () => Promise.resolve();
  let waiting = new Map<RunId, string[]>();
  let timer: NodeJS.Timeout | undefined;
  let last = Promise.resolve();
  let told = false;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const [run, lines] of waiting)
      last = last
        .then(() => store.appendRun(run, lines))
        .catch((error: unknown) => {
          if (!told) trouble(error as Error);
          told = true;
        });
    waiting = new Map();
  };
  events$.subscribe((event) => {
    const run = runOf(event);
    if (run === null) return;
    const lines = waiting.get(run);
    if (lines) lines.push(JSON.stringify(event));
    else waiting.set(run, [JSON.stringify(event)]);
    if (event.type === "run:ended") return flush();
    timer ??= setTimeout(flush, WRITE_EVERY_MS).unref();
  });
  return async () => {
    flush();
    await last;
  };
}

/** The log lines of a run, oldest first, also of a kernel that is gone; none where nothing was kept. Damaged lines are left out. */
export async function readRunLines(store: Store, run: RunId): Promise<readonly LogRecord[]> {
  const lines = (await store.readRun(run)) ?? [];
  return lines.flatMap((line) => {
    try {
      const event = JSON.parse(line) as Partial<StagebookEvent>;
      return event.type === "log:written" && event.record ? [event.record] : [];
    } catch {
      return [];
    }
  });
}

function runOf(event: StagebookEvent): RunId | null {
  if (event.type === "log:written") return event.record.run;
  return "run" in event ? event.run : null;
}
