/** The second half of the contract, for the disk store and the cache before it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { createCachedStore } from "../../kernel-lib/src/store/bounded-cache";
import { createDiskStore } from "../../kernel-lib/src/store/disk-store";
import type { Store } from "../../kernel-lib/src/store/store";
import { describeRest } from "./contract-upkeep";

let base: string;
let folders = 0;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-contract-"))));
afterAll(async () => rm(base, { recursive: true, force: true }));

async function openDisk(): Promise<Store> {
  return createDiskStore({ folder: join(base, `store ${folders++}`), trouble: () => undefined });
}

describeRest("disk", openDisk);
describeRest("cached disk", async () => createCachedStore(await openDisk(), { maxBytes: 1_000_000 }));
