/** 800 MB of numbers: stored and loaded, beside writing or reading the same bytes and hashing them once. */
import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, bench, describe } from "vitest";
import { digestOf } from "../../kernel-lib/src/key/digest";
import type { Digest, RunId } from "../../kernel-lib/src/protocol";
import { createDiskStore } from "../../kernel-lib/src/store/disk/store";
import type { Entry } from "../../kernel-lib/src/store/store";
import { decodeValue, encodeValue } from "../../kernel-lib/src/store/codecs/value";

const once = { iterations: 3, time: 0, warmupIterations: 1, warmupTime: 0 };
const STEP_BYTES = 32 * 1024 * 1024;

describe("a Float64Array of 800 MB", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "stagebook-bench-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const numbers = Float64Array.from({ length: 100_000_000 }, (_, at) => at * 0.5);
  const bytes = new Uint8Array(numbers.buffer);
  const plain = path.join(folder, "plain");
  let nth = 0;

  bench("written with a flush and hashed once", () => writePlain(plain, bytes), once);
  bench(
    "stored",
    async () => {
      // Another store each time: equal bytes are kept once.
      const store = openStore(path.join(folder, `store-${nth++}`));
      await store.commit({ notebook: "n", stage: "s" }, ...(await resultOf(numbers)));
      await store.settled();
      await rm(store.location, { recursive: true });
    },
    once,
  );

  await writePlain(plain, bytes);
  const store = openStore(path.join(folder, "kept"));
  const [entry, blobs] = await resultOf(numbers);
  await store.commit({ notebook: "n", stage: "s" }, entry, blobs);
  bench("read and hashed once", async () => void (await readPlain(plain, bytes.byteLength)), once);
  bench(
    "loaded",
    async () => {
      const loaded = await decodeValue(entry.output.blobs, undefined, (blob, into) => store.readBlob(blob, into));
      if ((loaded?.value as Float64Array).length !== numbers.length) throw new Error("not what was stored");
    },
    once,
  );
});

function openStore(folder: string): ReturnType<typeof createDiskStore> {
  return createDiskStore({ folder, onProblem: (message) => console.error(message) });
}

async function resultOf(value: unknown): Promise<[Entry, Awaited<ReturnType<typeof encodeValue>>["blobs"]]> {
  const { digest, blobs, sizeBytes, codec } = await encodeValue(value, undefined);
  const entry: Entry = {
    format: 1,
    key: digestOf("key"),
    partial: digestOf("partial"),
    parts: [],
    output: { digest, blobs: blobs.map(({ ref }) => ref), files: [], sizeBytes, codec, summary: "numbers" },
    at: 0,
    durationMs: 0,
    params: {},
    run: "run" as RunId,
    made: { stagebook: "0", node: process.version },
  };
  return [entry, blobs];
}

async function writePlain(file: string, bytes: Uint8Array): Promise<void> {
  const hash = createHash("sha256");
  const handle = await open(file, "w");
  for (let at = 0; at < bytes.byteLength; at += STEP_BYTES) {
    const step = bytes.subarray(at, at + STEP_BYTES);
    hash.update(step);
    await handle.write(step);
  }
  await handle.sync();
  await handle.close();
  hash.digest();
}

async function readPlain(file: string, sizeBytes: number): Promise<Digest> {
  const bytes = new Uint8Array(new ArrayBuffer(sizeBytes));
  const hash = createHash("sha256");
  const handle = await open(file, "r");
  for (let at = 0; at < sizeBytes; at += STEP_BYTES) {
    const step = bytes.subarray(at, at + STEP_BYTES);
    await handle.read(step, 0, step.byteLength, at);
    hash.update(step);
  }
  await handle.close();
  return hash.digest("hex") as unknown as Digest;
}
