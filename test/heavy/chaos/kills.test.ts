/**
 * Kernels, scripts with worker threads, `stagebook run`, `gc` and `verify` on one store, all killed at any moment, under clocks that step
 * forward and back. On disk, in S3, and in S3 behind a network that breaks: 0 wrong values, 0 lost results, 0 hangs.
 *
 * In parts: STAGEBOOK_CHAOS=0.1 for a tenth of the kills, STAGEBOOK_SEED for other random numbers.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNotebook } from "../../rig/kernel/notebook-file";
import { startKernel, type Kernel } from "../../rig/kernel/kernel-rig";
import { createNotebookFolder, type NotebookFolder } from "../../rig/kernel/notebook-folder";
import { createRandom } from "../../rig/random";
import { startFaultProxy, type FaultProxy, type Outage } from "../../rig/store/fault-proxy";
import { startS3Server, type S3Server } from "../../rig/store/s3-server";
import { actor, DAY_MS, findFaketime, library, MINUTE_MS, program, scale, seed, start, turnsOf, type End } from "./actors"; // prettier-ignore

const kills = Math.max(10, Math.round(1000 * scale));
const HANG_MS = 10_000;

let s3: S3Server;
let proxy: FaultProxy;
beforeAll(async () => {
  s3 = await startS3Server();
  proxy = await startFaultProxy(s3.port, seed);
});
afterAll(async () => {
  await proxy.stop();
  await s3.stop();
});

const cells = [
  `import { param, stage } from "stagebook";
const n = param("n", 0);`,
  `const rows = stage("rows", { n }, ({ n }) => Array.from({ length: 2000 }, (_, at) => ({ at, n })));
const summed = stage("summed", { rows }, ({ rows }) => rows.reduce((sum, { n }) => sum + n, 0), { worker: true });
const items = stage("items", { n }, function* ({ n }) { for (let at = 0; at < 300; at++) yield at + n; });
const counted = stage("counted", { items }, async ({ items }) => { let count = 0; for await (const item of items) count += item >= 0 ? 1 : 0; return count; });`,
  `if ((await summed()) !== 2000 * n.value || (await counted()) !== 300) throw new Error("wrong value");`,
];

/** A kernel that runs cells until it is killed. */
class KernelActor {
  private kernel: Kernel | undefined;
  private isKilled = false;
  readonly failures: string[] = [];
  readonly ended: Promise<unknown>;

  constructor(folder: string, env: Readonly<Record<string, string>>, random: () => number) {
    this.ended = this.work(folder, env, random).catch((error: unknown) => {
      if (!this.isKilled) this.failures.push(String(error));
    });
  }

  private async work(cwd: string, env: Readonly<Record<string, string>>, random: () => number): Promise<void> {
    this.kernel = await startKernel({ cwd, notebook: "chaos.ipynb", env });
    const [define = "", stages = "", use = ""] = cells;
    await this.run(define, "c1");
    await this.run(stages, "c2");
    while (!this.isKilled) await this.run(`n.set(${Math.floor(random() * 40)}); ${use}`, "c3");
  }

  private async run(code: string, cell: string): Promise<void> {
    const done = await this.kernel?.run(code, { cell });
    if (!this.isKilled && done?.ok !== true) this.failures.push(done?.text ?? "");
  }

  async kill(): Promise<void> {
    this.isKilled = true;
    await this.kernel?.kill();
    await this.ended;
    await this.kernel?.stop();
  }
}

const places = ["disk", "S3", "S3 that breaks", "S3 shared"] as const;
type Place = (typeof places)[number];

/** The setting of the store, and where it is. */
function environmentOf(place: Place, folder: string, attempt: string): Readonly<Record<string, string>> {
  const own = join(folder, ".stagebook");
  const bucket = `s3://${s3.bucket}/chaos-${attempt}`;
  switch (place) {
    case "disk":
      return { STAGEBOOK_STORE: own };
    case "S3":
      return { ...s3.environment, STAGEBOOK_STORE: bucket };
    case "S3 that breaks":
      return { ...s3.environment, AWS_ENDPOINT_URL: proxy.url, STAGEBOOK_STORE: bucket };
    case "S3 shared":
      return { ...s3.environment, AWS_ENDPOINT_URL: proxy.url, STAGEBOOK_STORE: own, STAGEBOOK_SHARED_STORE: bucket, STAGEBOOK_TRUST_KEY: "a long secret of the chaos" }; // prettier-ignore
  }
}

const outages: readonly (Outage | undefined)[] = [undefined, undefined, "503", "500", "403", "hang", "stall", "reset", "slow", "403 for writes", "hang for writes"]; // prettier-ignore

describe.each(places)("[C12] everything is killed at any moment, on a store on %s", (place) => {
  let folder: NotebookFolder;
  beforeAll(() => void (folder = createNotebookFolder({ "chaos.ipynb": encodeNotebook(cells) })));
  afterAll(() => {
    proxy.setOutage(undefined);
    proxy.setFaults(0);
    folder.remove();
  });

  test(`[C12] ${kills} kills (seed ${seed}): no wrong value, nothing lost, no hang`, async () => {
    const random = createRandom(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const environment = environmentOf(place, folder.path, `${place.replaceAll(" ", "-")}-${seed}`);
    const store = environment.STAGEBOOK_STORE ?? "";
    const breaks = place === "S3 that breaks" || place === "S3 shared";
    // A server refuses requests that are signed more than a quarter of an hour off.
    const clocks = place === "disk" ? [0, 0, DAY_MS, 400 * DAY_MS] : [0, 0, 5 * MINUTE_MS];
    const begin = (args: readonly string[]) => start(args, { cwd: folder.path, environment, clockMs: pick(clocks) });
    const maintenance = [
      ["gc", folder.path, "--keep", "50", "--keep-runs", "5"],
      ["gc", folder.path, "--keep", "50", "--keep-runs", "5"],
      ["verify", folder.path, "--repair"],
    ];
    const count = { killed: 0, turns: 0, executions: 0, checked: 0, longestMs: 0 };
    /** The values that somebody has computed and stored completely. */
    const stored = new Set<number>();
    const check = (end: End, what: string): void => {
      // Without its store, maintenance can do nothing but say so: with the place, and what to do.
      const isRefused = place !== "disk" && what === "maintenance" && /s3:\/\/.*(Check|Try)/s.test(end.output);
      const isGoodEnd = end.code === 0 || end.code === null || (end.code === 1 && isRefused);
      const isRight = !/^(wrong|failed)/m.test(end.output) && !end.hung && isGoodEnd;
      expect(isRight, `${what} ended with ${end.code ?? "a kill"}, hung: ${end.hung}\n${end.output}`).toBe(true);
      for (const { executed, ms } of turnsOf(end)) {
        count.turns++;
        count.executions += executed.length;
        count.longestMs = Math.max(count.longestMs, ms);
      }
    };
    for (let round = 0; count.killed < kills; round++) {
      if (breaks) {
        proxy.setFaults(0.05);
        proxy.setOutage(pick(outages));
      }
      const scripts = [0, 1].map(() => begin([actor, library, store, String(Math.floor(random() * 40))]));
      const commands = [
        begin([program, "run", "chaos.ipynb", "--set", `n=${Math.floor(random() * 40)}`]),
        begin([program, ...pick(maintenance)]),
      ];
      const kernel = round % 3 === 0 ? new KernelActor(folder.path, environment, random) : undefined;
      // However slow the machine is: after a number of turns, and then at any moment.
      const wanted = pick([0, 0, 1, 1, 2, 5]);
      await Promise.race([scripts[0]?.hasDone(wanted), new Promise((wait) => setTimeout(wait, 30_000))]);
      await new Promise((wait) => setTimeout(wait, random() * 1500));
      const all = [...scripts, ...commands];
      for (const each of all) each.kill();
      await kernel?.kill();
      const ends = await Promise.all(all.map(({ end }) => end));
      for (const [at, end] of ends.entries())
        check(end, ["a script", "a script", "a command", "maintenance"][at] ?? "");
      expect(kernel?.failures ?? []).toEqual([]);
      count.killed += ends.filter(({ code }) => code === null).length + (kernel ? 1 : 0);
      // What a store took that does not answer stays in the memory of its kernel.
      if (!breaks)
        for (const end of ends.slice(0, 2))
          for (const { value, isUnsure } of turnsOf(end)) if (place === "disk" || !isUnsure) stored.add(value);
      if (round % 5 > 0) continue;
      proxy.setOutage(undefined);
      proxy.setFaults(0);
      // Whoever comes next finds every result, and waits for no dead process.
      const values = breaks ? [1, 2, 3] : [...stored];
      const next = await start([actor, library, store, `only:${values.join(",")}`], { cwd: folder.path, environment })
        .end;
      check(next, "the next process");
      const turns = turnsOf(next);
      expect(turns.map(({ value }) => value)).toEqual(values);
      count.checked += turns.length;
      const isUnsure = place !== "disk" && turns.some((turn) => turn.isUnsure);
      const lost = turns.filter(({ executed }) => executed.length > 0);
      if (!breaks && !isUnsure) expect(lost, "lost results").toEqual([]);
    }
    proxy.setOutage(undefined);
    proxy.setFaults(0);
    const verify = (): Promise<End> => start([program, "verify", folder.path, "--repair"], { cwd: folder.path, environment }).end; // prettier-ignore
    const first = await verify();
    expect(first.output).toMatch(/no damage|removed/);
    expect((await verify()).output).toContain("no damage");
    console.log(`${place}: ${count.killed} kills, ${count.turns} turns right (${count.executions} executions), ${count.checked} results found again, the longest turn ${count.longestMs} ms; clocks by ${findFaketime() ? "faketime" : "Date"}; ${first.output.trim().split("\n").at(-1) ?? ""}`); // prettier-ignore
    expect(count.longestMs).toBeLessThan(HANG_MS);
  }, 14_400_000);
});
