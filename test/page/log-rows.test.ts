/** Which log lines are shown, and how they read. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fieldsText, firstLine, formatLogTime, plainText } from "../../lab-extension/src/log/record-text";
import type { LogFilter, LogRows } from "../../lab-extension/src/log/rows";
import { filterRows, LEVELS, NO_FILTER, noRows, passesFilter } from "../../lab-extension/src/log/rows";
import { findRowsInSight } from "../../lab-extension/src/log/window-range";
import type { LogRecord } from "stagebook/protocol";

describe("the filter", () => {
  const records = [
    record({ level: "debug", stage: "quakes", message: "fetched" }),
    record({ level: "info", stage: "strong", message: "Parsed", fields: { rows: 1204 } }),
    record({ level: "error", stage: null, message: "lost" }),
  ];
  const messages = (filter: Partial<LogFilter>): readonly string[] =>
    filterRows(noRows, records, { ...NO_FILTER, ...filter }).shown.map(({ message }) => message);

  it("shows lines of the chosen level and above", () => {
    expect(messages({ level: "info" })).toEqual(["Parsed", "lost"]);
    expect(messages({ level: "error" })).toEqual(["lost"]);
  });

  it("shows one stage's lines alone", () => {
    expect(messages({ stage: "strong" })).toEqual(["Parsed"]);
  });

  it("finds text in message, stage and fields, in any case", () => {
    expect(messages({ text: "pArSeD" })).toEqual(["Parsed"]);
    expect(messages({ text: "quak" })).toEqual(["fetched"]);
    expect(messages({ text: "rows=1204" })).toEqual(["Parsed"]);
    expect(messages({ text: "nowhere" })).toEqual([]);
  });

  it("gives the same answer again when nothing changed", () => {
    const rows = filterRows(noRows, records, NO_FILTER);
    expect(filterRows(rows, records, { ...NO_FILTER })).toBe(rows);
  });

  it("is, step by step, what filtering all lines would give", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let lines: readonly LogRecord[] = [];
        let rows: LogRows = noRows;
        for (const { add, drop, filter } of steps) {
          lines = [...lines, ...add].slice(drop);
          rows = filterRows(rows, lines, filter);
          expect(rows.shown).toEqual(lines.filter((line) => passesFilter(line, filter)));
        }
      }),
    );
  });

  it("looks at new lines only, also when the oldest of 100,000 go", () => {
    let looks = 0;
    const watched = (message: string): LogRecord => {
      const line = record({ message });
      return Object.defineProperty({ ...line }, "message", { get: () => (looks++, message), enumerable: true });
    };
    let lines: readonly LogRecord[] = Array.from({ length: 100_000 }, (_, index) => watched(`line ${index}`));
    const filter = { ...NO_FILTER, text: "9" };
    let rows = filterRows(noRows, lines, filter);
    looks = 0;
    for (let round = 0; round < 20; round += 1) {
      lines = lines.concat(Array.from({ length: 50 }, () => watched("99"))).slice(-100_000);
      rows = filterRows(rows, lines, filter);
    }
    expect(looks).toBeLessThanOrEqual(20 * 50 * 2);
    expect(rows.shown.at(-1)?.message).toBe("99");
  });
});

describe("the window", () => {
  it("has the rows in sight and a few more, never all", () => {
    const range = findRowsInSight(20_000, 400, 20, 100_000);
    expect(range.start).toBeLessThanOrEqual(1000);
    expect(range.end).toBeGreaterThanOrEqual(1021);
    expect(range.end - range.start).toBeLessThan(60);
  });

  it("stays within the list, also when it became shorter than the scrolled distance", () => {
    expect(findRowsInSight(0, 400, 20, 3)).toEqual({ start: 0, end: 3 });
    const shrunk = findRowsInSight(1_000_000, 400, 20, 100);
    expect(shrunk.end).toBe(100);
    expect(shrunk.start).toBeLessThan(80);
    expect(findRowsInSight(500, 400, 20, 0)).toEqual({ start: 0, end: 0 });
  });
});

describe("a line as text", () => {
  it("has the local time to the millisecond", () => {
    expect(formatLogTime(new Date(2026, 0, 2, 3, 4, 5, 6).getTime())).toBe("03:04:05.006");
  });

  it("has words bare and all else as JSON", () => {
    expect(
      fieldsText(record({ fields: { rows: 3, place: "Japan", path: "a b", nested: { a: [1] }, none: null } })),
    ).toBe('rows=3 place=Japan path="a b" nested={"a":[1]} none=null');
  });

  it("shows the first line of many, bounded, without terminal colours", () => {
    expect(firstLine("one\ntwo")).toBe("one ⏎");
    expect(firstLine("x".repeat(10_000)).length).toBeLessThan(600);
    expect(plainText("\u001b[31mred\u001b[0m")).toBe("red");
  });
});

function record(change: Partial<LogRecord>): LogRecord {
  return {
    at: 0,
    level: "info",
    stage: null,
    cell: null,
    run: null,
    message: "",
    fields: {},
    source: "log",
    ...change,
  };
}

const level = fc.constantFrom(...LEVELS);
const stage = fc.constantFrom("a", "b", null);
const line = fc.record({ level, stage, message: fc.constantFrom("x", "xy", "Y", "") }).map(record);
const filter = fc.record({ level, stage, text: fc.constantFrom("", "x", "xy", "y") });
const step = fc.record({ add: fc.array(line, { maxLength: 6 }), drop: fc.nat({ max: 8 }), filter });
