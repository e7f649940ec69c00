import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import readline from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { orHeavy } from "../../rig/part";
import { createRandom } from "../../rig/random";
import { createScript } from "../script";

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "stagebook-checkpoints-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const on = () => createScript({ store: path.join(folder, "store"), notebook: "kept" });

describe("[W9] an execution continues from what it has stored", () => {
  for (const worker of [false, true])
    test(`a state is restored after a failure, ${worker ? "in a worker thread" : "in the kernel"}, and of no use once the result is stored`, async () => {
      const define = () => {
        const { p } = on();
        return p.stage(
          "sum",
          async ({ checkpoint, restored }) => {
            const before = await restored<{ at: number; sum: number }>();
            let { at, sum } = before ?? { at: 0, sum: 0 };
            for (; at < 6; at++) {
              if (!before && at === 3) throw new Error("killed");
              sum += at;
              await checkpoint({ at: at + 1, sum });
            }
            return { sum, began: before?.at ?? 0 };
          },
          { worker },
        );
      };
      await expect(define()()).rejects.toThrow("killed");
      const stage = define();
      expect(await stage()).toEqual({ sum: 15, began: 3 });
      // The result is stored, what was kept has ended: a forced execution starts over.
      await expect(stage.run({ force: true })).rejects.toThrow("killed");
    });

  for (const worker of [false, true])
    test(`a generator continues after its stored items, ${worker ? "in a worker thread" : "in the kernel"}, with the reads of the execution before`, async () => {
      process.env.CHECKPOINT_TEST = "one";
      const define = () => {
        const { p } = on();
        return p.stage(
          "items",
          async function* ({ resumeFrom }) {
            const began = await resumeFrom();
            // Read by the first execution alone: a read of the result anyway.
            const word = began === 0 ? process.env["CHECKPOINT_" + "TEST"] : "two";
            // Two of them fill a chunk.
            for (let at = began; at < 6; at++) {
              if (began === 0 && at === 5) throw new Error("killed");
              yield { at, began, word, text: "x".repeat(1024 * 1024) };
            }
          },
          { worker, volatile: "accept" },
        );
      };
      await expect(define()()).rejects.toThrow("killed");
      const stage = define();
      const seen = (await stage.toArray()).map(({ at, began, word }) => `${at} ${began} ${word}`);
      expect(seen).toEqual(["0 0 one", "1 0 one", "2 0 one", "3 0 one", "4 4 two", "5 4 two"]);
      expect(await stage.status()).toBe("fresh");
      process.env.CHECKPOINT_TEST = "three";
      expect(await stage.status()).not.toBe("fresh");
      // Neither result nor kept items are those of other reads.
      await expect(define()()).rejects.toThrow("killed");
    });

  test("another input or other code does not find the state", async () => {
    const { p } = on();
    const limit = p.param("limit", 1);
    const stage = p.stage("kept", { limit }, async ({ limit }, { checkpoint, restored }) => {
      const before: unknown = await restored();
      await checkpoint(`limit ${limit}`);
      if (limit !== 3) throw new Error(`not with ${limit}`);
      return before ?? "nothing";
    });
    await expect(stage()).rejects.toThrow("not with 1");
    limit.set(3);
    expect(await stage()).toBe("nothing");
  });

  test("a state counts only while what was read until then is the same", async () => {
    const { p } = on();
    const stage = p.stage(
      "reads",
      async ({ checkpoint, restored }) => {
        const before: unknown = await restored();
        if (before !== undefined) return before;
        const seen = process.env["CHECKPOINT_" + "TEST"];
        await checkpoint(seen);
        throw new Error(`stopped with ${seen}`);
      },
      { volatile: "accept" },
    );
    process.env.CHECKPOINT_TEST = "one";
    await expect(stage()).rejects.toThrow("stopped with one");
    process.env.CHECKPOINT_TEST = "two";
    await expect(stage()).rejects.toThrow("stopped with two");
    process.env.CHECKPOINT_TEST = "one";
    expect(await stage()).toBe("one");
    // What was read before the state was kept is a read of the result.
    process.env.CHECKPOINT_TEST = "three";
    expect(await stage.status()).not.toBe("fresh");
    delete process.env.CHECKPOINT_TEST;
  });

  test("[Y1] an each has no state of its own, and a state that cannot be stored is refused", async () => {
    const { p } = on();
    const items = p.each("items", [1], async (n, { checkpoint }) => {
      await checkpoint(n);
      return n;
    });
    await expect(items()).rejects.toThrow(/the items of an each share one context/);
    const bad = p.stage("bad", async ({ checkpoint }) => checkpoint(() => 1));
    await expect(bad()).rejects.toMatchObject({ code: "not-storable" });
  });

  test("[Y9] a state that contains a secret is refused", async () => {
    const { p } = on();
    const password = p.param("password", "hunter2-and-more", { secret: true });
    const stage = p.stage("leaks", { password }, async ({ password }, { checkpoint }) => checkpoint({ password }));
    await expect(stage()).rejects.toMatchObject({ code: "secret-result" });
  });

  test("without a store nothing is kept, and nothing restored", async () => {
    const { p } = createScript({ store: "none" });
    const stage = p.stage("kept", async ({ checkpoint, restored, resumeFrom }) => {
      await checkpoint(1);
      const before: unknown = await restored();
      return [before, await resumeFrom()];
    });
    expect(await stage()).toEqual([undefined, 0]);
  });
});

/** Yields numbers and keeps a state for each; prints each number that it computes. */
const program = `
  const { createPipeline } = require(process.argv[1]);
  const p = createPipeline({ store: process.argv[2], notebook: "kept" });
  const digests = {};
  p.events$.subscribe((event) => event.result && (digests[event.stage] = event.result.digest));
  const streamNamed = (name) => async function* ({ resumeFrom }) {
    for (let at = await resumeFrom(); at < 40; at++) {
      console.log(JSON.stringify({ [name]: at }));
      await new Promise((resolve) => setTimeout(resolve, 2));
      yield { at, text: "x".repeat(1024 * 1024) };
    }
  };
  const streams = {
    stream: p.stage("stream", streamNamed("stream"), { volatile: "accept" }),
    threaded: p.stage("threaded", streamNamed("threaded"), { volatile: "accept", worker: true }),
  };
  const state = p.stage("state", async ({ checkpoint, restored }) => {
    let { at, sum } = (await restored()) ?? { at: 0, sum: 0 };
    for (; at < 40; at++) {
      console.log(JSON.stringify({ state: at }));
      sum += at * at;
      await checkpoint({ at: at + 1, sum });
    }
    return sum;
  }, { volatile: "accept" });
  (async () => {
    console.log(JSON.stringify({ sum: await state() }));
    for (const [name, stream] of Object.entries(streams)) {
      let items = 0;
      for await (const { at } of await stream()) items = items * 31 % 1000003 + at;
      console.log(JSON.stringify({ ended: name, items, output: digests[name] }));
    }
    process.exit(0);
  })();
`;

type Line = Readonly<Record<string, number | string>>;

/** Runs the program on a store; kills it after a number of lines. */
async function runKilled(store: string, afterLines: number): Promise<readonly Line[]> {
  const library = path.resolve(import.meta.dirname, "../../../kernel-lib");
  const child = spawn(process.execPath, ["-e", program, library, store], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: Line[] = [];
  readline.createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(JSON.parse(line) as Line);
    if (lines.length === afterLines) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.once("close", resolve));
  return lines;
}

describe("[W9] a process that is killed", () => {
  const kills = Number(process.env.STAGEBOOK_KILLS ?? orHeavy(6, 200));

  test(`${kills} times, goes on with the state or the chunk that it has stored last, to the same result`, async () => {
    const seed = Number(process.env.STAGEBOOK_SEED ?? 7);
    const random = createRandom(seed);
    const alone = await runKilled(path.join(folder, "alone"), Infinity);
    const ends = (lines: readonly Line[]): readonly Line[] => lines.filter((line) => "sum" in line || "ended" in line);
    expect(ends(alone)).toHaveLength(3);
    const repeated = { state: 0, stream: 0, threaded: 0 };
    let killed = 0;
    for (let trial = 0; killed < kills; trial++) {
      const store = path.join(folder, `store-${trial}`);
      const lines: Line[] = [];
      const before = killed;
      for (;;) {
        const own = await runKilled(store, killed < kills ? 1 + Math.floor(random() * 40) : Infinity);
        lines.push(...own);
        if (own.at(-1)?.ended === "threaded") break;
        killed++;
      }
      rmSync(store, { recursive: true, force: true });
      const where = `seed ${seed}, trial ${trial}, ${killed - before} kills`;
      const last = new Map(ends(lines).map((line) => [String(line.ended ?? "state"), line]));
      expect([...last.values()], where).toEqual(ends(alone));
      for (const name of Object.keys(repeated) as (keyof typeof repeated)[]) {
        const computed = lines.filter((line) => name in line).map((line) => Number(line[name]));
        // What follows a kill begins at most one state, or one chunk of 4 MB (two items as they are stored) and the item in work, before it.
        for (const [nth, at] of computed.entries())
          expect((computed[nth - 1] ?? -1) + 1 - at, `${where}, ${name} ${nth}`).toBeLessThanOrEqual(
            name === "state" ? 1 : 4,
          );
        repeated[name] += computed.length - 40;
      }
    }
    console.log(`${killed} kills (seed ${seed}), executed again:`, repeated);
  }, 3_600_000);
});
