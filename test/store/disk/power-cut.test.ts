/** What a commit leaves on a disk that loses everything that was not flushed: the strictest system that POSIX allows. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDiskStore } from "../../../kernel-lib/src/store/disk/store";
import { load, resultOf } from "../contract/entries";
import { flushedFiles } from "./trials/flushed-files";

let base: string;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-power-"))));
afterAll(async () => rm(base, { recursive: true, force: true, maxRetries: 5 }));

const headOf = (name: string) => ({ notebook: "n", stage: name });

/** The folders in which the first results create folders: others use those before their names are flushed. */
const isParent = (path: string) => ["heads", "blobs-v1"].includes(basename(path));

test.each([
  { count: 1, slow: "none", isSlow: () => false },
  { count: 20, slow: "none", isSlow: () => false },
  { count: 20, slow: "the upper folders", isSlow: isParent },
])(
  "[C12] $count results that are committed at once survive a power failure as soon as the commit resolves; slow to flush: $slow",
  async ({ count, slow, isSlow }) => {
    const flushed = flushedFiles(isSlow);
    const folder = join(base, `${count} ${slow}`);
    const store = createDiskStore({ folder, onProblem: () => undefined, fileSystem: flushed.fileSystem }); // prettier-ignore
    const results = Array.from({ length: count }, (_, at) => resultOf(`result ${at}`, { text: `value ${at}` }));
    const check = async (result: (typeof results)[number], at: number): Promise<void> => {
      await store.commit(headOf(`s${at}`), result.entry, result.blobs);
      const image = await mkdtemp(join(base, "image-"));
      flushed.restore(folder, image);
      const problems: string[] = [];
      const after = createDiskStore({ folder: image, onProblem: (message) => problems.push(message) });
      expect(await load(after, result)).toEqual(result.value);
      expect((await after.history(headOf(`s${at}`))).map(({ key }) => key)).toEqual([result.entry.key]);
      expect(problems).toEqual([]);
    };
    await Promise.all(results.map(check));
    await store.settled();
  },
);
