/** Runs of hundreds and thousands of stages: which begin first, and what is not blocked. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createPipeline, resource, type ScriptPipeline } from "stagebook";
import { expect, test } from "vitest";
import { orHeavy } from "../../rig/part";
import { createScript, gate } from "../script";

const thousands = orHeavy(600, 3000);

test("[R1] of hundreds of stages the one that took longest before begins first, though it was defined last", async () => {
  // A clock of its own: real durations depend on what else the machine does.
  let nowMs = 0;
  const { p, log } = createScript({ now: () => nowMs });
  const round = p.param("round", 1);
  for (let at = 0; at < 300; at++) p.stage(`short${at}`, { round }, ({ round }) => round);
  p.stage("long", { round }, ({ round }) => {
    nowMs += 100;
    return round;
  });
  await p.run();
  log();
  round.set(2);
  await p.run({ jobs: 1 });
  expect(log()[0]).toBe("long running");
});

test("[R4] timers have their turn while thousands of small stages run", async () => {
  const { p } = createScript({ store: "none" });
  for (let at = 0; at < thousands; at++) p.stage(`s${at}`, { at: p.param(`at${at}`, at) }, ({ at }) => at);
  let [ended, turns] = [0, 0];
  p.events$.subscribe(({ type }) => {
    if (type === "stage:succeeded" && ++ended === 1) setImmediate(() => (turns = ended));
  });
  await p.run();
  expect(turns).toBeGreaterThan(0);
  expect(turns).toBeLessThan(thousands);
});

test("[R4] timers have their turn while thousands of stages run that waited for the same one", async () => {
  const { p } = createScript({ store: "none" });
  const first = p.stage("first", async () => sleep(5, 1));
  for (let at = 0; at < thousands; at++)
    p.stage(`s${at}`, { first, at: p.param(`at${at}`, at) }, ({ first, at }) => first + at);
  let [ended, turns] = [0, 0];
  p.events$.subscribe((event) => {
    if (event.type === "stage:succeeded" && event.stage !== "first" && ++ended === 1)
      setImmediate(() => (turns = ended));
  });
  await p.run();
  expect(turns).toBeGreaterThan(0);
  expect(turns).toBeLessThan(thousands);
});

test("[R1] hundreds of stages that wait for a slow one block neither a stage without inputs nor the reader of a stream", async () => {
  const { p } = createScript();
  const round = p.param("round", 1);
  const others = gate();
  let ended = 0;
  const end = (): void => {
    if (++ended === 2) others.open();
  };
  const slow = p.stage("slow", { round }, async ({ round }) => {
    if (round === 2) await others.opened;
    return round;
  });
  // They took longer than what waits for nothing, and so are more urgent.
  for (let at = 0; at < orHeavy(60, 150); at++)
    p.stage(`below${at}`, { slow }, async ({ slow }) => sleep(20, slow + at));
  const free = p.stage("free", { round }, ({ round }) => round);
  const stream = p.stage("stream", { round }, function* ({ round }) {
    yield round;
  });
  const reader = p.stage("reader", { stream }, async ({ stream }) => (await stream.toArray()).length);
  p.events$.subscribe((event) => {
    if (event.type === "stage:succeeded" && (event.stage === "free" || event.stage === "reader")) end();
  });
  await p.run({ jobs: 200 });
  ended = 0;
  round.set(2);
  await p.run({ jobs: 8 });
  expect(await free()).toBe(2);
  expect(await reader()).toBe(1);
});

// Fewer of them meet more often: then one loads the value while another waits with a key that has the old one.
test.each([[150, orHeavy(120, 250)], ...Array.from({ length: orHeavy(1, 30) }, (): [number, number] => [60, 60])])(
  "[R1] %i busy stages, and %i that wait for a value to be recomputed: they block nothing upstream of it, and are fresh afterwards",
  async (busyCount, readerCount) => {
    const folder = mkdtempSync(join(tmpdir(), "stagebook-many-"));
    const define = (isValid: (value: unknown) => boolean, text: string): ScriptPipeline => {
      const p = createPipeline({ store: folder, notebook: "many" });
      const made = resource("made", () => text);
      const below = p.stage("below", { made }, async ({ made }) => sleep(50, made), { validate: isValid });
      const value = p.stage("value", { below }, async ({ below }) => sleep(50, `${below}!`), { validate: isValid });
      for (let at = 0; at < busyCount; at++) {
        const busy = p.stage(`busy${at}`, { at }, async ({ at }) => sleep(5, at));
        p.stage(`after${at}`, { busy }, ({ busy }) => busy);
      }
      for (let at = 0; at < readerCount; at++) p.stage(`reader${at}`, { value, at: p.param(`at${at}`, at) }, ({ value, at }) => `${value} ${at}`); // prettier-ignore
      return p;
    };
    try {
      await define(() => true, "old").run({ target: "value" });
      const p = define((value) => !String(value).startsWith("old"), "new");
      await p.run({ jobs: 4 });
      expect((await p.plan()).rows.filter(({ action }) => action === "run")).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test("[R1] any number of jobs will do", async () => {
  const { p } = createScript();
  const one = p.stage("one", () => 1);
  expect(await one.run({ jobs: Number.MAX_SAFE_INTEGER })).toBe(1);
});
