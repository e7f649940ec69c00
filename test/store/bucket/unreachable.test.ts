/** An own store in S3 that does not answer, refuses, or stops answering: runs go on without it, and say so once. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createPipelineWithInternals } from "../../../kernel-lib/src/pipeline";
import { RunOverrides } from "../../../kernel-lib/src/run/state/run-overrides";
import { ownTime } from "../../rig/own-time";
import { part } from "../../rig/part";
import { startFaultProxy, type FaultProxy, type Outage } from "../../rig/store/fault-proxy";
import { startS3Server, type S3Server } from "../../rig/store/s3-server";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let server: S3Server;
let proxy: FaultProxy;
let base: string;
let stores = 0;
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "stagebook-unreachable-"));
  writeFileSync(join(base, "n.ipynb"), "");
  server = await startS3Server();
  proxy = await startFaultProxy(server.port, 1);
});
afterAll(async () => {
  await proxy.stop();
  await server.stop();
  rmSync(base, { recursive: true, force: true });
});
beforeEach(() => proxy.setOutage(undefined));

interface Kernel {
  /** Runs three stages, of which the last reads a file of the first, and one that counts items of a stream. */
  run(): Promise<readonly [number, number]>;
  set(offset: number): void;
  readonly executed: string[];
  readonly problems: string[];
  readonly logged: string[];
}

function kernel(store: string, url = proxy.url): Kernel {
  const [executed, problems, logged] = [[], [], []] as [string[], string[], string[]];
  const { pipeline: p, internals } = createPipelineWithInternals({}, () => undefined, {
    environment: { ...server.environment, AWS_ENDPOINT_URL: url, STAGEBOOK_STORE: store },
    folder: base,
    notebook: { file: join(base, "n.ipynb") },
    usesSavedParams: false,
    overrides: RunOverrides.none,
    onPipeline: () => undefined,
  });
  p.events$.subscribe((event) => {
    if (event.type === "store:problem") problems.push(`${event.where} ${event.message}`);
    if (event.type === "log:written") logged.push(event.record.message);
    if (event.type === "stage:running") executed.push(event.stage);
  });
  const offset = p.param("offset", 0);
  const rows = p.stage("rows", { offset }, async ({ offset: more }, { fileOut }) => {
    const path = fileOut("rows.txt");
    writeFileSync(path, "1,2,3");
    return { path, total: 6 + more };
  });
  const many = p.stage("many", async function* () {
    for (let item = 0; item < 1000; item++) yield item;
  });
  const sum = p.stage("sum", { rows }, ({ rows: found }) => found.total * 2);
  const count = p.stage("count", { many }, async ({ many: items }) => {
    let counted = 0;
    for await (const item of items) counted += item >= 0 ? 1 : 0;
    return counted;
  });
  const run = async (): Promise<readonly [number, number]> => {
    const values = await Promise.all([sum(), count()]);
    await internals.runsWritten();
    return values;
  };
  return { run, set: (value) => offset.set(value), executed, problems, logged };
}

const s3 = (): string => `s3://${server.bucket}/own-${stores++}`;

const outages: readonly Outage[] = ["503", "500", "403", "hang", "stall", "reset", "403 for writes", "hang for writes"];

describe("[R12] an own store in S3", () => {
  test.each(part([...outages, "refused"] as const, 5))("[R12] %s: a run takes at most 5 s longer, and one warning names the store", async (outage) => {
    const [expected, noneMs] = await ownTime(() => kernel("none").run());
    const store = s3();
    if (outage !== "refused") proxy.setOutage(outage);
    const user = kernel(store, outage === "refused" ? "http://127.0.0.1:9" : proxy.url);
    const [values, tookMs] = await ownTime(() => user.run());
    expect(values).toEqual(expected);
    expect(tookMs - noneMs).toBeLessThan(5000);
    const warnings = user.problems.filter((problem) => /for now/.test(problem));
    expect(warnings, user.problems.join("\n")).toHaveLength(1);
    expect(warnings[0]).toMatch(new RegExp(`^${store} the store is not (used|written) for now, and results stay in the memory`)); // prettier-ignore
    // The second run finds the results in memory, and waits for nothing.
    const before = user.executed.length;
    const [again, againMs] = await ownTime(() => user.run());
    expect([again, user.executed.length]).toEqual([expected, before]);
    expect(againMs).toBeLessThan(1000);
  }, 30_000); // prettier-ignore

  test.each(part(["503", "hang", "reset"] as const, 2))(
    "[R12] %s from the middle of a run on: the same",
    async (outage) => {
      const user = kernel(s3());
      const running = ownTime(() => user.run());
      await expect.poll(() => user.executed.length, { interval: 5 }).toBeGreaterThan(0);
      proxy.setOutage(outage);
      const [values, tookMs] = await running;
      expect(values).toEqual([12, 1000]);
      expect(tookMs).toBeLessThan(7000);
    },
    30_000,
  );

  test("[R12] a slow one is used, and each result is stored", async () => {
    const store = s3();
    proxy.setOutage("slow");
    const first = kernel(store);
    expect(await first.run()).toEqual([12, 1000]);
    expect(first.problems).toEqual([]);
    proxy.setOutage(undefined);
    const second = kernel(store);
    expect([await second.run(), second.executed]).toEqual([[12, 1000], []]);
  }, 60_000);

  test("[R12] results that are there are read, although nothing can be written", async () => {
    const store = s3();
    await kernel(store).run();
    proxy.setOutage("403 for writes");
    const reader = kernel(store);
    expect([await reader.run(), reader.executed]).toEqual([[12, 1000], []]);
  }, 30_000);

  test("[R12] when it answers again, it is used again", async () => {
    const store = s3();
    proxy.setOutage("503");
    const user = kernel(store);
    await user.run();
    proxy.setOutage(undefined);
    // The first attempt comes after 15 s; until then, results stay in memory.
    const next = kernel(store);
    let offset = 0;
    const isStored = async (): Promise<boolean> => {
      user.set(++offset);
      await user.run();
      next.set(offset);
      next.executed.length = 0;
      await next.run();
      return next.executed.length === 0;
    };
    await expect.poll(isStored, { timeout: 40_000, interval: 2000 }).toBe(true);
  }, 60_000);
});
