import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, bench, describe } from "vitest";
import type * as CodecModule from "../../kernel-lib/src/store/codecs/v8-codec";
import type * as DiskStoreModule from "../../kernel-lib/src/store/disk/store";
import type * as RecordModule from "../../kernel-lib/src/store/records/entry-record";
import { blobOf, resultOf } from "../store/contract/entries";
import { loadBuilt } from "../rig/built";

const { createDiskStore } = await loadBuilt<typeof DiskStoreModule>("store/disk/store");
const { v8Codec } = await loadBuilt<typeof CodecModule>("store/codecs/v8-codec");
const { encodeRecord } = await loadBuilt<typeof RecordModule>("store/records/entry-record");

const base = mkdtempSync(join(tmpdir(), "stagebook-bench-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const head = { notebook: "n", stage: "s" };
const some = { iterations: 300, time: 0, warmupIterations: 30, warmupTime: 0 };
const once = { iterations: 3, time: 0, warmupIterations: 0, warmupTime: 0 };
const onProblem = (message: string, where: string): never => {
  throw new Error(`${message}: ${where}`);
};

describe("a small value", async () => {
  const store = createDiskStore({ folder: join(base, "small"), onProblem });
  const value = { rows: Array.from({ length: 20 }, (_, at) => ({ at, text: `row ${at}` })) };
  const kept = resultOf("kept", value);
  await store.commit(head, kept.entry, kept.blobs);
  // Encoded and digested beforehand: that is the run's work, not the store's.
  const made = Array.from({ length: 700 }, (_, count) => resultOf(`new ${count}`, { count, ...value }));
  bench(
    "verified hit: found, read, decoded",
    async () => {
      const entry = await store.findEntry(kept.entry.key);
      v8Codec.decode((await store.readBlob(blobOf(entry!)))!);
    },
    some,
  );
  bench(
    "stored, durable",
    async () => {
      const result = made.pop()!;
      await store.commit(head, result.entry, result.blobs);
    },
    some,
  );
  bench(
    "the same two files and one line, written and flushed plainly",
    async () => {
      const result = made.pop()!;
      const path = join(base, "small", `plain-${made.length}`);
      const texts = [
        result.bytes,
        Buffer.from(encodeRecord(["entry"], result.entry)),
        Buffer.from("a line of a head\n"),
      ];
      await Promise.all(texts.map((bytes, at) => writeFlushed(`${path}-${at}`, bytes)));
    },
    some,
  );
});

async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "w");
  await file.write(bytes);
  await file.sync();
  await file.close();
}

describe("a store of 100,000 results", () => {
  const folder = join(base, "large");
  const store = createDiskStore({ folder, onProblem });
  for (let at = 0; at < 100_000; at++) {
    const bytes = Buffer.from(`value ${at} `.repeat(20));
    const digest = createHash("sha256").update(bytes).digest("hex");
    const { entry } = resultOf(`${at}`, 0);
    const blobs = [{ digest, sizeBytes: bytes.byteLength }];
    const output = { ...entry.output, blobs, sizeBytes: bytes.byteLength };
    put(`blobs-v1/${digest.slice(0, 2)}/${digest.slice(2)}`, bytes);
    put(`entries-v1/${entry.key}.json`, encodeRecord(["entry", entry.key], { ...entry, output }));
  }
  bench("verify", async () => void (await store.verify({})), once);
  bench("gc, dry run", async () => void (await store.gc({ dryRun: true, maxBytes: 10_000_000 })), once);
  bench("gc", async () => void (await store.gc({})), once);
  bench("gc that removes the values of half", async () => void (await store.gc({ maxBytes: 10_000_000 })), {
    ...once,
    iterations: 1,
  });

  function put(path: string, bytes: Uint8Array | string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
});
