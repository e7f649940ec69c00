/** The event stream and the log: numbered, batched, complete and in order, whatever stages and listeners do. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MESSAGES_PER_SECOND, reduce } from "stagebook/protocol";
import type { LogRecord, StagebookEvent } from "stagebook/protocol";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

const LINES = 20_000;

describe("events", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
  });
  afterAll(() => notebook.kernel.stop());

  const records = (events: readonly StagebookEvent[]): LogRecord[] =>
    events.flatMap((event) => (event.type === "log:written" ? [event.record] : []));

  test("[O5] per stage: planned, running, log lines, progress, exactly one end", async () => {
    await notebook.cells({
      first: `const first5 = stage("first5", async (_context) => { ${ran("first5")} return 1; });`,
      talks: `const talks = stage("talks", { first5 }, async (_in, { log, progress }) => { ${ran("talks")} log.info("begin"); progress(1, 2); await null; log.warn("end"); return 2; });`,
    });
    const events = await notebook.during(() => notebook.cell("x", "await talks();"));
    const lines = events.flatMap((event) => {
      if (event.type === "log:written") return [`${event.record.stage} ${event.record.message}`];
      if (event.type === "run:started" || event.type === "run:ended") return [event.type];
      return "stage" in event && "run" in event ? [`${event.stage} ${event.type}`] : [];
    });
    expect(lines).toEqual([
      "run:started",
      "first5 stage:planned",
      "talks stage:planned",
      "first5 stage:running",
      "first5 stage:succeeded",
      "talks stage:running",
      "talks begin",
      "talks stage:progress",
      "talks end",
      "talks stage:succeeded",
      "run:ended",
    ]);
  });

  test("[O1] every log record has time, level, stage, cell, run, message, fields", async () => {
    await notebook.cells({
      n: `const n = param("n", 3);`,
      logs: `const logs = stage("logs", { n }, (_in, { log }) => {
  log.debug("d"); log.info("i", { rows: 5, deep: { a: [1, null] } }); log.warn("w", { big: 10n, when: new Date(0), missing: undefined, nan: NaN });
  log.error("e", { fn: () => 1, map: new Map([["k", 1]]) }); console.log("c %d", 1);
  return 1;
}, { logged: ["n"] });`,
    });
    const before = Date.now();
    const events = await notebook.during(() => notebook.cell("x", "await logs();"));
    const run = events.find((event) => event.type === "run:started")?.run;
    const lines = records(events);
    expect(lines.map((line) => `${line.level} ${line.message}`)).toEqual([
      "debug d",
      "info i",
      "warn w",
      "error e",
      "info c 1",
    ]);
    for (const line of lines) {
      expect(line).toMatchObject({ stage: "logs", cell: "logs", run });
      expect(line.at).toBeGreaterThanOrEqual(before - 1_000);
      expect(line.fields).toMatchObject({ n: 3 });
      expect(JSON.parse(JSON.stringify(line))).toEqual(line);
    }
    expect(lines[1]?.fields).toMatchObject({ rows: 5, deep: { a: [1, null] } });
    expect(Object.keys(lines[2]?.fields ?? {})).toEqual(expect.arrayContaining(["big", "when", "nan"]));
    expect(Object.keys(lines[3]?.fields ?? {})).toEqual(expect.arrayContaining(["fn", "map"]));
  });

  test("[O1] fields that are huge, circular or have throwing getters do no harm", async () => {
    await notebook.cell(
      "odd",
      `const odd = stage("odd", (_context: any) => {
  const circle: any = { name: "round" }; circle.self = circle;
  const trap = { get secret() { throw new Error("no"); } };
  _context.log.info("circle", { circle }); _context.log.info("trap", { trap, top: trap }); _context.log.info("text", { long: "x".repeat(1_000_000) });
  return "fine";
});`,
    );
    expect(await notebook.read("await odd()")).toBe("fine");
    await notebook.settled();
    expect(notebook.view.log.filter((line) => line.stage === "odd").map((line) => line.message)).toEqual([
      "circle",
      "trap",
      "text",
    ]);
  });

  test("[O5] a listener that throws affects neither the run nor the other listeners", async () => {
    await notebook.cell("calm", `const calm = stage("calm", () => { ${ran("calm")} return 1; });`);
    await notebook.cell(
      "listen",
      `(globalThis as any).received = [];
const bad = pipeline.events$.subscribe({ next() { throw new Error("listener"); } });
const good = pipeline.events$.subscribe({ next(event: any) { (globalThis as any).received.push(event.type); } });`,
    );
    expect(await notebook.executed(() => notebook.cell("x", "await calm();"))).toEqual(["calm"]);
    await notebook.cell("y", "bad.unsubscribe(); good.unsubscribe();");
    expect(await notebook.read(`(globalThis as any).received.includes("stage:succeeded")`)).toBe("true");
    expect(await notebook.read("1 + 1")).toBe("2");
  });

  test("[O5] a page that connects late receives the state that the events add up to", async () => {
    const before = notebook.view;
    await notebook.kernel.openComm();
    const snapshot = notebook.kernel.comm.received.findLast(({ message }) => message.type === "snapshot")?.message;
    if (snapshot?.type !== "snapshot") throw new Error("no snapshot");
    const replayed = notebook.events.filter((event) => event.seq > before.seq).reduce(reduce, before);
    expect(snapshot.view).toEqual(JSON.parse(JSON.stringify(replayed)));
    expect(snapshot.seq).toBe(replayed.seq);
  });

  test("[O5] 20,000 log lines at once: none lost, none repeated, at most 50 messages a second", async () => {
    await notebook.cell(
      "flood",
      `const flood = stage("flood", ({ log }) => { for (let i = 0; i < ${LINES}; i++) log.info("line " + i); return 1; });`,
    );
    const from = notebook.kernel.comm.received.length;
    const events = await notebook.during(() => notebook.cell("x", "await flood();"));
    expect(records(events).map((line) => line.message)).toEqual(Array.from({ length: LINES }, (_, i) => `line ${i}`));
    const times = notebook.kernel.comm.received.slice(from).map(({ at }) => at);
    for (const [i, at] of times.entries())
      expect(times.slice(i).filter((later) => later < at + 1_000).length).toBeLessThanOrEqual(MESSAGES_PER_SECOND + 5);
  });

  test("[O5] lines that arrive slowly are batched too", async () => {
    await notebook.cell(
      "drip",
      `const drip = stage("drip", async ({ log }) => { for (let i = 0; i < 300; i++) { log.info("drop " + i); await new Promise((next) => setTimeout(next, 3)); } return 1; });`,
    );
    const from = notebook.kernel.comm.received.length;
    const events = await notebook.during(() => notebook.cell("x", "await drip();"));
    expect(records(events)).toHaveLength(300);
    const messages = notebook.kernel.comm.received.slice(from);
    const seconds = ((messages.at(-1)?.at ?? 0) - (messages[0]?.at ?? 0)) / 1_000;
    expect(messages.length).toBeLessThanOrEqual(seconds * MESSAGES_PER_SECOND + 10);
  });

  test("[O5] the log command returns older lines than the view keeps", async () => {
    await notebook.cell(
      "older",
      `const older = stage("older", ({ log }) => { for (let i = 0; i < 2_000; i++) log.info("line " + i); return 1; });`,
    );
    await notebook.cell("x", "await older();");
    const { records: older, more } = await notebook.kernel.command({ type: "log", before: 1_000, limit: 500 });
    expect(older).toHaveLength(500);
    expect(more).toBe(true);
    const shown = notebook.view.log;
    expect(shown).toHaveLength(1_000);
    const all = [...older, ...shown].map((line) => line.message);
    const first = Number(/^line (\d+)$/.exec(all[0] ?? "")?.[1]);
    expect(all.slice(0, 500)).toEqual(Array.from({ length: 500 }, (_, i) => `line ${first + i}`));
    expect(all[500]).toBe(`line ${first + 500}`);
  });

  test("[O5] seq has no gaps from the first event to the last", () => {
    expect(notebook.kernel.comm.gaps).toEqual([]);
    const numbers = notebook.events.map((event) => event.seq);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => (numbers[0] ?? 0) + i));
    expect(notebook.view.seq).toBe(numbers.at(-1));
  });

  test("[O3] a second run does not repeat log lines", async () => {
    await notebook.cell(
      "once",
      `const once = stage("once", ({ log }) => { log.info("one"); log.info("two"); return 1; });`,
    );
    expect(records(await notebook.during(() => notebook.cell("x", "await once();")))).toHaveLength(2);
    expect(records(await notebook.during(() => notebook.cell("x", "await once();")))).toEqual([]);
  });
});
