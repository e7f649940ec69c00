/** The log of a run: what each record holds, which inputs its lines carry, and where a user's own sink gets them. */
import Ajv from "ajv";
import { createPipeline, type LogRecord } from "stagebook";
import { describe, expect, test } from "vitest";
import { createScript } from "../script";

/** Time, level, run, stage, cell, message and fields, and nothing else. */
const isRecord = new Ajv().compile({
  type: "object",
  additionalProperties: false,
  required: ["at", "level", "stage", "cell", "run", "message", "fields", "source"],
  properties: {
    at: { type: "integer", minimum: 1 },
    level: { enum: ["debug", "info", "warn", "error"] },
    stage: { type: ["string", "null"] },
    cell: { type: ["string", "null"] },
    run: { type: ["string", "null"] },
    message: { type: "string" },
    fields: { type: "object" },
    source: { enum: ["log", "console", "stagebook"] },
  },
});

const linesOf = (records: readonly LogRecord[]): unknown[] =>
  records.filter(({ source }) => source !== "stagebook").map(({ stage, message, fields }) => [stage, message, fields]);

describe("log records", () => {
  test("[O1] every record has time, level, run, stage, cell, message and fields, whatever wrote it", async () => {
    const { p, events } = createScript();
    p.stage("talks", ({ log }) => {
      log.debug("with fields", { rows: 3, nested: { at: [1, null] } });
      log.warn("without");
      console.log("printed %d", 4);
      console.error("to stderr");
    });
    await p.run();
    const records = events.flatMap((event) => (event.type === "log:written" ? [event.record] : []));
    expect(records).toHaveLength(4);
    for (const record of records) expect(isRecord(record), JSON.stringify(isRecord.errors)).toBe(true);
    expect(records.map(({ level, message, source }) => [level, message, source])).toEqual([
      ["debug", "with fields", "log"],
      ["warn", "without", "log"],
      ["info", "printed 4", "console"],
      ["error", "to stderr", "console"],
    ]);
    expect(new Set(records.map(({ stage, run }) => `${stage} ${run}`)).size).toBe(1);
  });

  test("[O2] of three inputs the two that the stage names are on each of its lines, and on no other stage's", async () => {
    const { p, events } = createScript();
    const [rate, region, size] = [p.param("rate", 5), p.param("region", "north"), p.param("size", 9)];
    const first = p.stage(
      "first",
      { rate, region, size },
      ({ rate }, { log }) => {
        log.info("started");
        console.log("printed");
        log.info("own fields win", { rate: "own", extra: true });
        return rate;
      },
      { logged: ["rate", "region"] },
    );
    p.stage("second", { first, rate, region }, (_, { log }) => log.info("no inputs here"));
    await p.run();
    const records = events.flatMap((event) => (event.type === "log:written" ? [event.record] : []));
    expect(linesOf(records)).toEqual([
      ["first", "started", { rate: 5, region: "north" }],
      ["first", "printed", { rate: 5, region: "north" }],
      ["first", "own fields win", { rate: "own", region: "north", extra: true }],
      ["second", "no inputs here", {}],
    ]);
  });

  test("[O9] a user's own sink gets every record that the event stream has, with all fields, and nothing is printed", async () => {
    const sink: LogRecord[] = [];
    const p = createPipeline({ store: "memory", log: (record) => sink.push(record) });
    const records: LogRecord[] = [];
    p.events$.subscribe((event) => event.type === "log:written" && records.push(event.record));
    const limit = p.param("limit", 2);
    p.stage(
      "talks",
      { limit },
      ({ limit }, { log }) => {
        log.info("parsed", { rows: 1204, at: new Date(0), big: 10n });
        console.warn("printed");
        if (limit === 2) throw new Error("not this one");
      },
      { logged: ["limit"] },
    );
    await expect(p.run()).rejects.toThrow("not this one");
    limit.set(3);
    await p.run();
    expect(sink).toEqual(records);
    expect(linesOf(sink)).toEqual([
      ["talks", "parsed", { limit: 2, rows: 1204, at: "1970-01-01T00:00:00.000Z", big: "10n" }],
      ["talks", "printed", { limit: 2 }],
      ["talks", "parsed", { limit: 3, rows: 1204, at: "1970-01-01T00:00:00.000Z", big: "10n" }],
      ["talks", "printed", { limit: 3 }],
    ]);
    for (const record of sink) expect(isRecord(record), JSON.stringify(isRecord.errors)).toBe(true);
  });

  test("[O9] a sink that throws loses no record of the event stream, and the run succeeds", async () => {
    const p = createPipeline({
      store: "memory",
      log: () => {
        throw new Error("sink is full");
      },
    });
    const messages: string[] = [];
    p.events$.subscribe((event) => event.type === "log:written" && messages.push(event.record.message));
    const stage = p.stage("talks", ({ log }) => {
      log.info("one");
      log.info("two");
      return 1;
    });
    expect(await stage()).toBe(1);
    expect(messages.filter((message) => ["one", "two"].includes(message))).toEqual(["one", "two"]);
    // Reported once, and never thrown into the process.
    const reports = messages.filter((message) => message.includes("sink is full"));
    expect(reports).toEqual(["the function log passed to createPipeline threw: sink is full"]);
  });
});
