/** Scripts with worker threads and the command `gc` on one store, all killed at any moment, with wrong clocks and damaged files. */
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../rig/random";
import { startS3Server, type S3Server } from "../rig/store/s3-server";

const kills = Math.round(1000 * Number(process.env.STAGEBOOK_CHAOS ?? 1));
const seed = Number(process.env.STAGEBOOK_SEED ?? Date.now() % 1_000_000);
const library = resolve(import.meta.dirname, "../../kernel-lib");
const [worker, clock] = ["worker.cjs", "shifted-clock.cjs"].map((name) => resolve(import.meta.dirname, "chaos", name)) as [string, string]; // prettier-ignore
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

let base: string;
let s3: S3Server;
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "stagebook-chaos-"));
  s3 = await startS3Server();
});
afterAll(async () => {
  await s3.stop();
  rmSync(base, { recursive: true, force: true });
});

interface End {
  readonly code: number | null;
  readonly output: string;
  /** The longest time between two pieces of output, from the first one on, in milliseconds. */
  readonly pauseMs: number;
}

interface Started {
  readonly end: Promise<End>;
  /** Resolves at its first output, or its end. */
  readonly begun: Promise<unknown>;
  kill(): void;
}

function start(args: readonly string[], environment: Readonly<Record<string, string>>, clockMs = 0): Started {
  const options = clockMs === 0 ? {} : { NODE_OPTIONS: `--require ${clock}`, STAGEBOOK_TEST_CLOCK: String(clockMs) };
  const env = { ...process.env, VITEST: undefined, NODE_OPTIONS: undefined, ...environment, ...options };
  const child = spawn(process.execPath, args, { cwd: base, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let lastAt: number | undefined;
  let pauseMs = 0;
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const pass = (): void => {
    const now = performance.now();
    pauseMs = Math.max(pauseMs, now - (lastAt ?? now));
    lastAt = now;
    begin();
  };
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      pass();
    });
  const end = new Promise<End>((done) =>
    child.once("close", (code) => {
      pass();
      done({ code, output, pauseMs });
    }),
  );
  return { end, begun, kill: () => void child.kill("SIGKILL") };
}

const storeOf = (where: string): string => (where === "disk" ? join(base, ".stagebook") : `s3://${s3.bucket}/chaos`);

describe.each(["disk", "S3"])("[C12] everything is killed at any moment, on a store on %s", (where) => {
  test(`[C12] ${kills} kills (seed ${seed}): no wrong value, nothing lost, no hang`, async () => {
    const random = createRandom(seed);
    const store = storeOf(where);
    const environment = where === "disk" ? {} : s3.environment;
    const gc = [join(library, "bin", "stagebook.js"), "gc", base, "--keep", "20", "--keep-runs", "5"];
    let killed = 0;
    let computed = 0;
    let longestMs = 0;
    for (let round = 0; killed < kills; round++) {
      // A server refuses requests that are signed more than a quarter of an hour off.
      const clocks = where === "disk" ? [0, 0, DAY_MS, -DAY_MS, 400 * DAY_MS] : [0, 0, 5 * MINUTE_MS, -5 * MINUTE_MS];
      const clockOf = (): number => clocks[Math.floor(random() * clocks.length)] ?? 0;
      const running = [
        ...[0, 1].map((id) => start([worker, library, store, String(Math.floor(random() * 40) + id)], environment, clockOf())), // prettier-ignore
        start(gc, { ...environment, STAGEBOOK_STORE: store }, clockOf()),
      ];
      await Promise.all(running.slice(0, 2).map(({ begun }) => begun));
      await new Promise((wait) => setTimeout(wait, random() * 3000));
      for (const each of running) each.kill();
      for (const { code, output } of await Promise.all(running.map(({ end }) => end))) {
        expect([code, output.includes("wrong"), output.includes("failed")], output).toEqual([code === 0 ? 0 : null, false, false]); // prettier-ignore
        computed += output.split("\n").filter((line) => /^\d+$/.test(line)).length;
      }
      killed += running.length;
      if (where === "disk" && round % 3 === 0) damageOne(join(base, ".stagebook"), random);
      if (round % 5 > 0) continue;
      // Whoever comes next finds everything right, without waiting for a dead process.
      const next = await start([worker, library, store, String(round), "3"], environment).end;
      longestMs = Math.max(longestMs, next.pauseMs);
      expect(next.code, next.output).toBe(0);
    }
    const verify = [join(library, "bin", "stagebook.js"), "verify", base, "--repair"];
    expect((await start(verify, { ...environment, STAGEBOOK_STORE: store }).end).output).toMatch(/no damage|removed/);
    expect((await start(verify, { ...environment, STAGEBOOK_STORE: store }).end).output).toContain("no damage");
    console.log(`${where}: ${killed} kills, ${computed} values computed and right, at most ${Math.round(longestMs)} ms for a value after them`); // prettier-ignore
    expect(longestMs).toBeLessThan(10_000);
  }, 7_200_000);
});

/** A file of the store is cut, gets more bytes, or is removed. */
function damageOne(folder: string, random: () => number): void {
  // Everybody may have been killed before the first result.
  if (!existsSync(folder)) return;
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  const path = files[Math.floor(random() * files.length)];
  const stat = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  if (!path || !stat?.isFile() || path.endsWith("format.json")) return;
  const how = random();
  if (how < 0.4) truncateSync(path, Math.floor(stat.size / 2));
  else if (how < 0.7) appendFileSync(path, "\0more");
  else rmSync(path, { force: true });
}
