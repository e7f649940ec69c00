/** The second half of the contract, for the disk store and the cache in front of it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { createCachedStore } from "../../../kernel-lib/src/store/memory/cached-store";
import { createDiskStore, type DiskStore } from "../../../kernel-lib/src/store/disk/store";
import type { Store } from "../../../kernel-lib/src/store/store";
import { describeRest } from "../contract/contract-maintenance";

let base: string;
const opened: DiskStore[] = [];
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-contract-"))));
afterAll(async () => {
  for (const store of opened) await store.settled();
  await rm(base, { recursive: true, force: true });
});

async function openDisk(): Promise<Store> {
  const store = createDiskStore({ folder: join(base, `store ${opened.length}`), onProblem: () => undefined });
  opened.push(store);
  return store;
}

describeRest("disk", openDisk);
describeRest("cached disk", async () => createCachedStore(await openDisk(), { maxBytes: 1_000_000 }));
