/** Errors and log lines of any length: short on the wire and in views, whole in the record of the run. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { boundEvent, boundView, cutText, emptyView, reduceAll, MAX_SNAPSHOT_BYTES, MAX_TEXT } from "stagebook/protocol";
import type { LogRecord, StagebookEvent, View } from "stagebook/protocol";
import { keepLogLines } from "../../kernel-lib/src/events/log-lines";
import { readRunEvents, readRuns } from "../../kernel-lib/src/events/run-files";
import { createPipelineWithInternals } from "../../kernel-lib/src/pipeline";
import { Subject } from "rxjs";

let base: string;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-bounded-"))));
afterAll(async () => rm(base, { recursive: true, force: true, maxRetries: 5 }));

const sizeOf = (data: unknown): number => Buffer.byteLength(JSON.stringify(data));
const MB = 1_000_000;

describe("[O1] texts on the wire", () => {
  test("[O1] an error and a log line of 1 MB: six runs send little, a page load less than 2 MB, and the record has all of it", async () => {
    const { pipeline: p, internals } = createPipelineWithInternals({ store: join(base, "one"), notebook: "n" }, () => undefined); // prettier-ignore
    const round = p.param("round", 0);
    const long = "x".repeat(MB);
    const bad = p.stage("bad", { round }, (_inputs: { round: number }, { log }) => {
      log.info(`${long} logged`, { more: long, n: 1 });
      throw new Error(`${long} thrown`);
    });
    const middle = p.stage("middle", { bad }, ({ bad: value }) => value as unknown);
    const last = p.stage("last", { middle }, ({ middle: value }) => value);
    const events: StagebookEvent[] = [];
    p.events$.subscribe((event) => events.push(event));
    for (let n = 1; n <= 6; n++) {
      round.set(n);
      await expect(last()).rejects.toThrow("thrown");
    }
    await internals.runsWritten();
    expect(sizeOf(events)).toBeLessThan(6 * 8 * MAX_TEXT);
    for (const event of events) expect(sizeOf(event)).toBeLessThan(4 * MAX_TEXT);
    const { view } = internals.bus;
    expect(sizeOf(boundView(view))).toBeLessThan(MAX_SNAPSHOT_BYTES);
    expect(view.stages.bad?.error?.message).toMatch(/^x+\n\[… \d+ characters left out …\]\nx+ thrown$/);
    const [row] = (await readRuns(internals.engine.store, "n")).slice(-1);
    expect(view.stages.bad?.error?.cutIn).toBe(row?.id);
    expect(row?.error).toMatchObject({ stage: "bad" });
    expect(row?.error?.message.length).toBeLessThan(1100);
    const whole = await readRunEvents(internals.engine.store, row!.id);
    const failed = whole.find((event) => event.type === "stage:failed" && event.seq > 0);
    expect(failed?.type === "stage:failed" && failed.error.message === `${long} thrown`).toBe(true);
    const logged = whole.find((event) => event.type === "log:written" && event.record.message === `${long} logged`);
    expect(logged).toBeDefined();
  });

  test("[O9] the user's own log receives whole lines", async () => {
    const records: LogRecord[] = [];
    const { pipeline: p } = createPipelineWithInternals({ store: "none", log: (record) => records.push(record) }, () => undefined); // prettier-ignore
    await p.stage("s", ({ log }) => log.info("y".repeat(MB)))();
    expect(Math.max(...records.map(({ message }) => message.length))).toBe(MB);
  });

  test("[O1] a short text stays as it is, a long one keeps its start and end", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 400 }), fc.integer({ min: 100, max: 300 }), (text, max) => {
        const cut = cutText(text, max);
        if (text.length <= max) return cut === text;
        expect(cut.length).toBeLessThanOrEqual(max);
        expect(cutText(cut, max)).toBe(cut);
        return text.startsWith(cut.slice(0, 50)) && Buffer.from(cut.slice(0, max / 2)).toString().length > 0;
      }),
    );
  });

  test("[O1] events with short texts are the same objects", () => {
    const record = { at: 1, level: "info", stage: null, cell: null, run: null, message: "m", fields: { a: 1 }, source: "log" } as const; // prettier-ignore
    const event: StagebookEvent = { type: "log:written", record, seq: 1, at: 1 };
    expect(boundEvent(event)).toBe(event);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`field ${n}`, "v".repeat(1000)]));
    const bounded = boundEvent({ ...event, record: { ...record, fields: many } });
    expect(sizeOf(bounded)).toBeLessThan(2.5 * MAX_TEXT);
  });
});

/** A view of many stages, with long texts everywhere. */
function largeView(stages: number, textLength: number, lines: number): View {
  const text = "ä\n".repeat(textLength / 2);
  const events: StagebookEvent[] = [];
  const add = (body: object): void => void events.push({ ...body, seq: events.length + 1, at: 1 } as StagebookEvent);
  const names = Array.from({ length: stages }, (_, n) => `stage number ${n}`);
  for (const name of names) {
    add({ type: "stage:defined", stage: { name, cell: `cell-${name}`, description: text.slice(0, 500) } });
    add({ type: "cell:marked", cell: `cell-${name}`, status: "stale", reasons: [text.slice(0, 300)] });
  }
  add({ type: "graph:changed", inputs: Object.fromEntries(names.map((name, n) => [name, n === 0 ? [] : [{ path: "i", kind: "stage", name: names[n - 1], implicit: false }]])) }); // prettier-ignore
  add({ type: "plan:refined", rows: names.map((stage) => ({ stage, status: "stale", action: "run", reasons: [{ kind: "function", text }, { kind: "param", text }], waitsFor: names.slice(0, 20), untracked: [text] })) }); // prettier-ignore
  for (let run = 0; run < 60; run++) {
    add({ type: "run:started", run: `run-${run}`, source: "page", cell: null, targets: names });
    for (const stage of names.slice(0, 200)) add({ type: "stage:failed", run: `run-${run}`, stage, cell: null, durationMs: 1, error: { code: "Error", message: text, stack: text } }); // prettier-ignore
    add({ type: "run:ended", run: `run-${run}`, status: "failed", durationMs: 1, executed: 1, error: { code: "Error", message: text, stage: names[0] } }); // prettier-ignore
  }
  for (let n = 0; n < lines; n++)
    add({ type: "log:written", record: { at: n, level: "info", stage: null, cell: null, run: null, message: `${n} ${text}`, fields: { text }, source: "log" } }); // prettier-ignore
  return reduceAll(emptyView, events.map(boundEvent));
}

describe("[O1] a page load", () => {
  test.each([
    ["3,000 stages", 3000, 400, 100],
    ["errors and reasons of 100 kB", 300, 100_000, 50],
    ["1,500 log lines of 40 kB", 10, 40_000, 1500],
  ])(
    "[O1] after %s is at most 2 MB, with every stage and its state",
    (_what, stages, textLength, lines) => {
      const view = largeView(stages, textLength, lines);
      expect(sizeOf(view)).toBeGreaterThan(MAX_SNAPSHOT_BYTES);
      const bounded = boundView(view);
      expect(sizeOf(bounded)).toBeLessThanOrEqual(MAX_SNAPSHOT_BYTES);
      expect(bounded.seq).toBe(view.seq);
      expect(Object.keys(bounded.stages)).toEqual(Object.keys(view.stages));
      for (const [name, stage] of Object.entries(bounded.stages)) {
        expect(stage.status).toBe(view.stages[name]?.status);
        expect(stage.inputs).toEqual(view.stages[name]?.inputs);
        expect(stage.error?.code).toBe(view.stages[name]?.error?.code);
        // A page can still ask for all of it.
        const isWhole = stage.error?.message === view.stages[name]?.error?.message;
        if (!isWhole && (view.stages[name]?.error?.cutIn ?? name === "stage number 0")) expect(stage.error?.cutIn).toBe("run-59"); // prettier-ignore
      }
    },
    60_000,
  );

  test("[O1] a small view is sent as it is", () => {
    const view = largeView(3, 100, 5);
    expect(boundView(view)).toBe(view);
  });
});

test("[O1] the log lines in memory are bounded by number and by characters; the newest stay", () => {
  const events = new Subject<StagebookEvent>();
  const lines = keepLogLines(events, { lines: 100, chars: 50_000 });
  const write = (n: number, message: string): void =>
    events.next({ type: "log:written", seq: n, at: n, record: { at: n, level: "info", stage: null, cell: null, run: null, message, fields: {}, source: "log" } }); // prettier-ignore
  for (let n = 0; n < 1000; n++) write(n, "short");
  expect(lines().length).toBeLessThanOrEqual(110);
  for (let n = 1000; n < 1050; n++) write(n, "z".repeat(10_000));
  expect(lines().reduce((sum, { message }) => sum + message.length, 0)).toBeLessThanOrEqual(55_000);
  expect(lines().at(-1)?.at).toBe(1049);
});
