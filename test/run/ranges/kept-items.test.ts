/** The first items of a range stay when the process that executes it is killed. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import readline from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDiskStore } from "../../../kernel-lib/src/store/disk/store";
import type { Digest } from "../../../kernel-lib/src/protocol";
import type { Store } from "../../../kernel-lib/src/store/store";

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "stagebook-kept-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** 640 items: a range has about ten. Those behind 320 take a third of a second each. */
const program = `
  const { createPipeline } = require(process.argv[1]);
  const p = createPipeline({ store: process.argv[2], notebook: "kept" });
  const score = p.each("score", Array.from({ length: 640 }, (_, n) => n), async function* (n) {
    console.log(JSON.stringify({ n }));
    if (n >= 320 && n < 340) await new Promise((resolve) => setTimeout(resolve, 330));
    for (let at = 0; at < n % 3; at++) yield n + "." + at;
  }, { scale: { rangeSeconds: 3600 } });
  (async () => {
    const all = await score.toArray();
    console.log(JSON.stringify({ all: all.length, key: (await score.history())[0].key }));
  })();
`;

interface Execution {
  readonly items: readonly number[];
  readonly digest: string | undefined;
}

/** Runs the program until it ends, or until the promise that `until` returns is fulfilled: then it is killed. */
async function run(store: string, until: () => Promise<void> = () => new Promise(() => undefined)): Promise<Execution> {
  const library = path.resolve(import.meta.dirname, "../../../kernel-lib");
  const child = spawn(process.execPath, ["-e", program, library, store], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: Readonly<Record<string, unknown>>[] = [];
  readline.createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line) as (typeof lines)[0])); // prettier-ignore
  const ended = new Promise((resolve) => child.once("close", resolve));
  await Promise.race([ended, until().then(() => child.kill("SIGKILL"))]);
  await ended;
  const items = lines.flatMap((line) => (typeof line.n === "number" ? [line.n] : []));
  const end = lines.find((line) => "key" in line);
  return { items, digest: end && (await open(store).findEntry(end.key as Digest))?.output.digest };
}

const open = (folder: string): Store => createDiskStore({ folder, onProblem: () => undefined, isReadOnly: true });

/** How many items the records of one kind are about, in sum. */
async function itemsIn(store: Store, codec: string): Promise<number> {
  const rows = await store.history({ notebook: "kept", stage: "score › items" });
  const entries = await Promise.all([...new Set(rows.map(({ key }) => key))].map((key) => store.findEntry(key)));
  return entries.reduce((sum, entry) => {
    const [, items = "0"] = /^(?:the first )?(\d+) /.exec(entry?.output.summary ?? "") ?? [];
    return entry?.output.codec === codec ? sum + Number(items) : sum;
  }, 0);
}

test("[W9] a killed process loses at most the items of a range since they were published last", async () => {
  const location = path.join(folder, "store");
  const store = open(location);
  let kept = 0;
  const killed = await run(location, async () => {
    while ((kept = await itemsIn(store, "range-kept")) === 0) await sleep(50);
  });
  const lost = killed.items.length - (await itemsIn(store, "range")) - kept;
  expect(kept).toBeGreaterThan(1);
  const next = await run(location);
  expect(next.items.filter((n) => killed.items.includes(n)).length).toBeLessThanOrEqual(lost);
  expect(new Set([...killed.items, ...next.items]).size).toBe(640);
  expect(next.digest).toBe((await run(path.join(folder, "alone"))).digest);
  expect(next.digest).toEqual(expect.stringMatching(/^[0-9a-f]{64}$/));
  // It is complete, and was replaced by the result of the range.
  expect((await store.verify({})).problems).toEqual([]);
}, 120_000);
