/** Pending writes of this process must not look like a use of a result by another one: its own maintenance waits for them. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDiskStore, type DiskStore } from "../../../kernel-lib/src/store/disk/store";
import type { FileSystem } from "../../../kernel-lib/src/store/files/file-system";
import { promptFiles } from "../../../kernel-lib/src/store/files/prompt-files";
import { bytesOf } from "../contract/contract-maintenance";
import { blobsOf, resultOf, withBytes } from "../contract/entries";

let base: string;
let folders = 0;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-own-"))));
afterAll(async () => rm(base, { recursive: true, force: true, maxRetries: 5 }));

const head = { notebook: "n", stage: "s" };
const before = resultOf("before", 0);
const bytes = bytesOf("a value ", 1000);
const result = withBytes(resultOf("one", 1).entry, bytes);

/** A result that was stored and used; one kind of writes about it is delayed until maintenance has read the entries, or for a while. */
async function openUsed(late: "times" | "withdrawals"): Promise<{ readonly store: DiskStore; readonly entry: string }> {
  const folder = join(base, String(folders++));
  let [isOpened, isReading] = [false, false];
  let surveyed = (): void => undefined;
  const isSurveyed = new Promise<void>((resolve) => (surveyed = resolve));
  const afterSurvey = (): Promise<void> => Promise.race([isSurveyed, sleep(200)]);
  const fileSystem: FileSystem = {
    ...promptFiles,
    readdir: (async (path: string) => {
      // The next folder that is read after the folder of entries: by then the entries themselves have been read.
      if (isReading) surveyed();
      isReading = isOpened && path.endsWith("entries-v1");
      return promptFiles.readdir(path);
    }) as FileSystem["readdir"],
    utimes: async (...args) => {
      if (isOpened && late === "times") await afterSurvey();
      return promptFiles.utimes(...args);
    },
    open: async (...args) => {
      const file = await promptFiles.open(...args);
      const write = file.write.bind(file);
      const writeLate: typeof write = async (bytes, ...rest) => {
        if (isOpened && late === "withdrawals" && bytes[0] === "-".charCodeAt(0)) await afterSurvey();
        return write(bytes, ...rest);
      };
      return Object.assign(file, { write: writeLate });
    },
  };
  const store = createDiskStore({ folder, onProblem: () => undefined, fileSystem });
  // The first write of a session sweeps leftovers, and reads the same folders.
  await store.commit(head, before.entry, before.blobs);
  await store.settled();
  isOpened = true;
  await store.commit(head, result, blobsOf(result, bytes));
  await store.findEntry(result.key);
  return { store, entry: join(folder, "entries-v1", `${result.key}.json`) };
}

test.each(["times", "withdrawals"] as const)("[C13] late %s do not prevent the eviction of a value", async (late) => {
  const { store } = await openUsed(late);
  expect(await store.gc({ maxBytes: 0 })).toMatchObject({ evictedEntries: 2, keptBytes: 0 });
});

test("[C13] a dry run waits for late withdrawals as well", async () => {
  const { store } = await openUsed("withdrawals");
  expect(await store.gc({ maxBytes: 0, dryRun: true })).toMatchObject({ evictedEntries: 2, keptBytes: 0 });
});

test.each(["times", "withdrawals"] as const)(
  "[C13] late %s do not prevent the removal of a cleared result",
  async (late) => {
    const { store, entry } = await openUsed(late);
    expect(await store.clear(head)).toBe(2);
    expect(existsSync(entry)).toBe(false);
    expect(await store.isWhole(result)).toBe(false);
  },
);
