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
  p.events$.subscribe((event) => event.type === "stage:succeeded" && (digests[event.stage] = event.result.digest));
  const stream = p.stage("stream", async function* ({ resumeFrom }) {
    for (let at = await resumeFrom(); at < 40; at++) {
      console.log(JSON.stringify({ stream: at }));
      await new Promise((resolve) => setTimeout(resolve, 2));
      yield { at, text: "x".repeat(1024 * 1024) };
    }
  }, { volatile: "accept" });
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
    let digest = 0;
    for await (const { at } of await stream()) digest = digest * 31 % 1000003 + at;
    console.log(JSON.stringify({ items: digest, output: digests.stream }));
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
  test("goes on with the state or the chunk that it has stored last, to the same result", async () => {
    const alone = await runKilled(path.join(folder, "alone"), Infinity);
    const random = createRandom(7);
    const store = path.join(folder, "store");
    const lines: Line[] = [];
    const rounds = Number(process.env.STAGEBOOK_KILLS ?? orHeavy(3, 6));
    for (let round = 0; round < rounds; round++) lines.push(...(await runKilled(store, 1 + Math.floor(random() * 30))));
    lines.push(...(await runKilled(store, Infinity)));
    expect(lines.filter((line) => "output" in line)).toEqual(alone.filter((line) => "output" in line));
    expect(lines.find((line) => "sum" in line)).toEqual(alone.find((line) => "sum" in line));
    const repeats = (name: string): number => lines.filter((line) => name in line).length - 40;
    // A state each time, and a chunk of 4 MB, which is two items as they are stored.
    expect(repeats("state")).toBeLessThanOrEqual(2 * rounds);
    expect(repeats("stream")).toBeLessThanOrEqual(4 * rounds);
    expect(repeats("stream")).toBeLessThan(40);
  }, 120_000);
});
