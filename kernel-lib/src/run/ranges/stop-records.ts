/**
 * Stopping what several processes execute together: the run that was cancelled publishes a record under the stage's key, and workers that
 * execute or await the stage end when a record appears that did not exist when they started.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { digestOf } from "../../key/digest";
import type { KnownKey } from "../../key/key";
import { messageOf, type Digest, type RunId } from "../../protocol";
import type { Entry } from "../../store/store";
import type { EngineContext } from "../engine-context";

/** How often a worker checks for a record. */
const POLL_MS = 3000;
const CODEC = "stop";

/** Stops the workers that execute the stage. A store that cannot be written is logged. */
export async function publishStop(
  engine: EngineContext,
  stage: string,
  { key, partial, parts }: KnownKey,
  run: RunId,
): Promise<void> {
  const output = { digest: digestOf(CODEC), blobs: [], files: [], sizeBytes: 0, codec: CODEC, summary: "" };
  const made = { at: engine.clock.now(), durationMs: 0, params: {}, run, made: engine.versions };
  const entry: Entry = { format: 1, key: stopKey(key), partial, parts, output, ...made };
  try {
    await engine.results.commitItem(stage, entry, []);
  } catch (error) {
    engine.log("warn", `${stage}: its workers do not know that the run was cancelled: ${messageOf(error)}`, { stage, run }); // prettier-ignore
  }
}

/** Calls `stopped` when a record is published from now on, until the returned function is called. */
export function watchStop(engine: EngineContext, key: Digest, stopped: () => void): () => void {
  const ended = new AbortController();
  void watch(engine, key, stopped, ended.signal);
  return () => ended.abort();
}

async function watch(engine: EngineContext, key: Digest, stopped: () => void, signal: AbortSignal): Promise<void> {
  // If the store cannot be read now, the next poll tries again: a record counts as new only beside what was read before.
  const read = (): Promise<{ readonly text: string | undefined } | undefined> =>
    engine.store.findEntry(stopKey(key)).then(
      (entry) => ({ text: textOf(entry) }),
      () => undefined,
    );
  let first = await read();
  while (!signal.aborted) {
    const now = await read();
    if (first && now && now.text !== first.text) {
      stopped();
      return;
    }
    first ??= now;
    await sleep(POLL_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function stopKey(key: Digest): Digest {
  return digestOf(`${key} stop`);
}

function textOf(entry: Entry | undefined): string | undefined {
  return entry && `${entry.run} ${entry.at}`;
}
