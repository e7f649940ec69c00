/** Long use of one kernel: thousands of calls with large values, of runs from the sidebar, of edits. Its memory stays flat. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startKernel, type Kernel } from "../rig/kernel/kernel-rig";

/** `npm run test:heavy` with STAGEBOOK_SOAK=0.1 takes a tenth of the time, and proves as much less. */
const scale = Number(process.env.STAGEBOOK_SOAK ?? 1);
const MAX_GROWTH = 1.2;
/** No command and no cell takes that long, on any machine. */
const HANG_MS = 600_000;

interface Use {
  /** After collection, in bytes. */
  readonly heap: number;
  readonly external: number;
  /** Open handles and requests of the process. */
  readonly handles: number;
  readonly listeners: number;
}

let kernel: Kernel;
beforeAll(async () => {
  kernel = await startKernel({ env: { STAGEBOOK_MAX_BYTES: "200MB", STAGEBOOK_CACHE_BYTES: "20MB" } });
  const measure = `
    import * as v8 from "v8";
    import * as vm from "vm";
    v8.setFlagsFromString("--expose_gc");
    const collect: () => void = vm.runInNewContext("gc");
    const measured = async () => {
      for (let n = 0; n < 4; n++) { collect(); await new Promise((resolve) => setTimeout(resolve, 300)); }
      const { heapUsed, external } = process.memoryUsage();
      const handles = (process as any).getActiveResourcesInfo().filter((kind: string) => kind !== "Timeout" && kind !== "Immediate").length;
      const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
      return JSON.stringify({ heap: heapUsed, external, handles, listeners });
    };`;
  const define = `
    import { param, stage } from "stagebook";
    const turn = param("turn", 0);
    const large = stage("large", { turn }, ({ turn }) => Array.from({ length: 13_000 }, (_, n) => ({ n, turn, text: "row " + n + " of turn " + turn + " of a table with long rows in it" })));
    const total = stage("total", { large }, ({ large }) => large.length + large[7].turn);`;
  for (const [cell, code] of Object.entries({ measure, define })) {
    const done = await kernel.run(code, { cell });
    expect(done.ok, done.text).toBe(true);
  }
  await kernel.openComm();
});
afterAll(() => kernel.stop());

async function use(): Promise<Use> {
  const { stdout } = await kernel.run("console.log(await measured());", { cell: "use", timeoutMs: HANG_MS });
  return JSON.parse(stdout) as Use;
}

/** Repeats the work, and compares what is used after a tenth of it with what is used at its end. */
async function expectFlat(
  name: string,
  times: number,
  work: (from: number, to: number) => Promise<void>,
): Promise<void> {
  const count = Math.max(20, Math.round(times * scale));
  const tenth = Math.ceil(count / 10);
  await work(0, tenth);
  const early = await use();
  await work(tenth, count);
  const late = await use();
  const mb = ({ heap, external }: Use): string => `${Math.round(heap / 1e6)} + ${Math.round(external / 1e6)} MB`;
  console.log(`${count} ${name}: ${mb(early)} after a tenth, ${mb(late)} at the end; handles ${early.handles} → ${late.handles}, listeners ${early.listeners} → ${late.listeners}`); // prettier-ignore
  expect(late.heap).toBeLessThan(early.heap * MAX_GROWTH);
  expect(late.external).toBeLessThan(early.external * MAX_GROWTH + 30e6);
  expect([late.handles, late.listeners]).toEqual([early.handles, early.listeners]);
}

describe("[Y11] the memory of a kernel is flat", () => {
  test("[Y11] over 5,000 calls with values of 1 MB", async () => {
    await expectFlat("calls", 5000, async (from, to) => {
      const code = `for (let n = ${from}; n < ${to}; n++) { turn.set(n); if ((await total()) !== 13_000 + n) throw new Error("wrong"); }`;
      const done = await kernel.run(code, { cell: "calls", timeoutMs: 1_800_000 });
      expect(done.ok, done.text).toBe(true);
    });
  }, 3_600_000);

  test("[Y11] over 2,000 runs from the sidebar", async () => {
    await expectFlat("runs", 2000, async (from, to) => {
      for (let n = from; n < to; n++) {
        await kernel.comm.command({ type: "set-params", values: { turn: n } }, HANG_MS);
        const { status } = await kernel.comm.command({ type: "run", targets: ["total"], force: n % 3 === 0 }, HANG_MS);
        expect(status).toBe("succeeded");
      }
    });
  }, 3_600_000);

  test("[Y11] over 2,000 edits of a cell", async () => {
    await expectFlat("edits", 2000, async (from, to) => {
      for (let n = from; n < to; n++) {
        const code = `const step${n % 5} = ${n}; const edited = stage("edited", () => step${n % 5} + ${n}); console.log(await edited());`;
        const done = await kernel.run(code, { cell: "edits", timeoutMs: HANG_MS });
        expect(done.stdout.trim(), done.text).toBe(String(2 * n));
      }
    });
  }, 3_600_000);
});
