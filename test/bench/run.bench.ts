/**
 * Items and stages in a second, beside what others do with the same work: p-map, Node's streams, and Pyper (Python), which installs
 * itself from the Python package index. They keep nothing; Stagebook digests and keeps each item.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pMap from "p-map";
import { createPipeline } from "stagebook";
import { bench, describe } from "vitest";
import { createScript } from "../run/script";

const root = fileURLToPath(new URL("../..", import.meta.url));
const once = { iterations: 3, time: 0, warmupIterations: 1, warmupTime: 0 };
const ITEMS = 20_000;
const STAGES = 2_000;

/** Milliseconds that Pyper measured itself: the clock of its benchmarks. */
let peerMs = 0;
const byPeer = { ...once, warmupIterations: 0, now: () => peerMs };
const peers = new Map(await Promise.all(["0.4.4", "0.1.2"].map(async (version) => [version, await measurePyper(version)] as const))); // prettier-ignore

for (const workers of [1, 20, 100])
  describe(`${ITEMS} items through a trivial async step, ${workers} at a time`, () => {
    const items = Array.from({ length: ITEMS }, (_, n) => n);
    bench(
      "stagebook each, from a stage that makes the items",
      async () => {
        const { p } = createScript({ store: "memory" });
        const source = p.stage("source", function* () {
          for (let n = 0; n < 20_000; n++) yield n;
        });
        await p.each("step", source, async (n) => n + 1, { workers })();
      },
      once,
    );
    bench("p-map", async () => void (await pMap(items, async (n) => n + 1, { concurrency: workers })), once);
    bench(
      "Node streams",
      async () =>
        void (await Readable.from(items)
          .map(async (n: number) => n + 1, { concurrency: workers })
          .toArray()),
      once,
    );
    for (const [version, times] of peers)
      if (times)
        bench(`Pyper ${version}`, () => void (peerMs += (ITEMS / (times[`each ${workers}`] ?? NaN)) * 1000), byPeer);
  });

describe("20 items through two steps of 1 s, 20 at a time", () => {
  const second = async (n: number): Promise<number> => {
    await sleep(1000);
    return n;
  };
  bench(
    "stagebook each",
    async () => {
      const { p } = createScript({ store: "memory" });
      const one = p.each("one", Array.from({ length: 20 }, (_, n) => n), second, { workers: 20 }); // prettier-ignore
      await p.each("two", one, second, { workers: 20 })();
    },
    once,
  );
  for (const [version, times] of peers)
    if (times) bench(`Pyper ${version}`, () => void (peerMs += (times["20x20"] ?? NaN) * 1000), byPeer);
});

describe(`${STAGES} trivial stages without a store`, () => {
  const p = createPipeline({ store: "none" });
  for (let at = 0; at < STAGES; at++) p.stage(`s${at}`, { at: p.param(`at${at}`, at) }, ({ at }) => at);
  // As many as it takes until V8 has compiled what runs.
  bench("all of them run", () => p.run(), { iterations: 20, time: 0, warmupIterations: 5, warmupTime: 0 });
});

describe("a call of a cached stage", () => {
  const { p } = createScript({ store: "memory" });
  const one = p.stage("one", () => 1);
  bench("cached", async () => void (await one()), { iterations: 300, time: 0, warmupIterations: 30, warmupTime: 0 });
});

/** Its own figures, by name; undefined where it cannot be installed. */
async function measurePyper(version: string): Promise<Readonly<Record<string, number>> | undefined> {
  const run = promisify(execFile);
  const python = path.join(root, ".venv", "bin", "python");
  const folder = path.join(root, ".cache", "peers", `pyper-${version}`);
  try {
    if (!existsSync(folder))
      await run(python, ["-m", "pip", "install", "-q", "--target", folder, `python-pyper==${version}`]);
    const script = path.join(root, "test", "bench", "peer.py");
    const { stdout } = await run(python, [script, String(ITEMS)], { env: { ...process.env, PYTHONPATH: folder } });
    return JSON.parse(stdout) as Readonly<Record<string, number>>;
  } catch (error) {
    console.warn(`Pyper ${version} is left out: ${(error as Error).message}`);
    return undefined;
  }
}
