/** The filter of log lines, the virtual list, and the text of a line. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAnsi } from "../../../lab-extension/src/ui/texts/ansi";
import { copyText, encodeNdjson, logFileName } from "../../../lab-extension/src/log/export";
import {
  fieldsText,
  firstColoredLine,
  firstLine,
  formatLogTime,
  formatOffset,
  plainText,
} from "../../../lab-extension/src/log/record-text";
import type { LogFilter, LogRows } from "../../../lab-extension/src/log/rows";
import { filterRows, LEVELS, NO_FILTER, emptyRows, passesFilter } from "../../../lab-extension/src/log/rows";
import { LogRecords } from "../../../lab-extension/src/model/log/log-records";
import { findVisibleRows } from "../../../lab-extension/src/ui/virtual-list";
import type { CellId, JsonObject, LogRecord, RunId } from "stagebook/protocol";

describe("the filter", () => {
  const records = [
    record({ level: "debug", stage: "quakes", message: "fetched" }),
    record({ level: "info", stage: "strong", message: "Parsed", fields: { rows: 1204 } }),
    record({ level: "error", stage: null, message: "lost" }),
  ];
  const messages = (filter: Partial<LogFilter>): readonly string[] =>
    filterRows(emptyRows, records, { ...NO_FILTER, ...filter }).visible.map(({ message }) => message);

  it("shows lines of the selected level and above", () => {
    expect(messages({ level: "info" })).toEqual(["Parsed", "lost"]);
    expect(messages({ level: "error" })).toEqual(["lost"]);
  });

  it("shows the lines of one stage", () => {
    expect(messages({ stage: "strong" })).toEqual(["Parsed"]);
  });

  it("finds text in message, stage and fields, in any case", () => {
    expect(messages({ text: "pArSeD" })).toEqual(["Parsed"]);
    expect(messages({ text: "quak" })).toEqual(["fetched"]);
    expect(messages({ text: "rows=1204" })).toEqual(["Parsed"]);
    expect(messages({ text: "nowhere" })).toEqual([]);
  });

  it("[O1] shows the lines of one run or one cell", () => {
    const lines = [
      record({ run: "r1" as RunId, cell: "c1" as CellId, message: "a" }),
      record({ run: "r2" as RunId, cell: "c1" as CellId, message: "b" }),
      record({ message: "c" }),
    ];
    const visible = (filter: Partial<LogFilter>): readonly string[] =>
      filterRows(emptyRows, lines, { ...NO_FILTER, ...filter }).visible.map(({ message }) => message);
    expect(visible({ run: "r2" as RunId })).toEqual(["b"]);
    expect(visible({ cell: "c1" as CellId })).toEqual(["a", "b"]);
  });

  it.each([
    ["rows>1000", ["Parsed"]],
    ["rows>=1204 PARSED", ["Parsed"]],
    ["rows<1204", []],
    ["rows!=7", ["Parsed"]],
    ["missing<5", []],
    ["rows>x", []],
    ["a -> b", []],
  ])("[O1] compares fields: %s", (text, expected) => {
    expect(messages({ text })).toEqual(expected);
  });

  it("[O1] compares nested fields, and fields with dots in their names", () => {
    const line = record({ fields: { "a.b": 3, deep: { ms: 12 } } });
    for (const text of ["deep.ms>10", "a.b<4"]) expect(passesFilter(line, { ...NO_FILTER, text })).toBe(true);
    for (const text of ["deep.ms>12", "__proto__.x!=1", "deep.toString!=1"])
      expect(passesFilter(line, { ...NO_FILTER, text })).toBe(false);
  });

  it("returns the same rows if nothing changed", () => {
    const rows = filterRows(emptyRows, records, NO_FILTER);
    expect(filterRows(rows, records, { ...NO_FILTER })).toBe(rows);
  });

  it("is equivalent to filtering all lines, after each of many changes", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let lines: readonly LogRecord[] = [];
        let rows: LogRows = emptyRows;
        for (const { add, drop, filter } of steps) {
          lines = [...lines, ...add].slice(drop);
          rows = filterRows(rows, lines, filter);
          expect(rows.visible).toEqual(lines.filter((line) => passesFilter(line, filter)));
        }
      }),
    );
  });

  it("tests only new lines, even while the oldest of 100,000 are dropped", () => {
    let looks = 0;
    const watched = (message: string): LogRecord => {
      const line = record({ message });
      return Object.defineProperty({ ...line }, "message", { get: () => (looks++, message), enumerable: true });
    };
    let lines: readonly LogRecord[] = Array.from({ length: 100_000 }, (_, index) => watched(`line ${index}`));
    const filter = { ...NO_FILTER, text: "9" };
    let rows = filterRows(emptyRows, lines, filter);
    looks = 0;
    for (let round = 0; round < 20; round += 1) {
      lines = lines.concat(Array.from({ length: 50 }, () => watched("99"))).slice(-100_000);
      rows = filterRows(rows, lines, filter);
    }
    expect(looks).toBeLessThanOrEqual(20 * 50 * 2);
    expect(rows.visible.at(-1)?.message).toBe("99");
  });
});

describe("earlier lines", () => {
  it("[O3] are inserted in order of time, each once", () => {
    const have = [record({ at: 10, message: "b" }), record({ at: 10, message: "b" }), record({ at: 30, message: "d" })];
    const store = new LogRecords({ log: have, clearedAt: 0 });
    const earlier = [record({ at: 5, message: "a" }), have[0]!, have[1]!, record({ at: 20, message: "c" }), have[2]!];
    expect(store.addEarlier(structuredClone(earlier))).toBe(2);
    expect(store.getRecords().map(({ message }) => message)).toEqual(["a", "b", "b", "c", "d"]);
    expect(store.addEarlier(structuredClone(earlier))).toBe(0);
  });
});

describe("the virtual list", () => {
  it("renders the visible rows and a few more, never all", () => {
    const range = findVisibleRows(20_000, 400, 20, 100_000);
    expect(range.start).toBeLessThanOrEqual(1000);
    expect(range.end).toBeGreaterThanOrEqual(1021);
    expect(range.end - range.start).toBeLessThan(60);
  });

  it("stays within the list, even if it became shorter than the scroll position", () => {
    expect(findVisibleRows(0, 400, 20, 3)).toEqual({ start: 0, end: 3 });
    const shrunk = findVisibleRows(1_000_000, 400, 20, 100);
    expect(shrunk.end).toBe(100);
    expect(shrunk.start).toBeLessThan(80);
    expect(findVisibleRows(500, 400, 20, 0)).toEqual({ start: 0, end: 0 });
  });
});

describe("a line as text", () => {
  it("has the local time to the millisecond", () => {
    expect(formatLogTime(new Date(2026, 0, 2, 3, 4, 5, 6).getTime())).toBe("03:04:05.006");
  });

  it("has words bare and everything else as JSON", () => {
    expect(
      fieldsText(record({ fields: { rows: 3, place: "Japan", path: "a b", nested: { a: [1] }, none: null } })),
    ).toBe('rows=3 place=Japan path="a b" nested={"a":[1]} none=null');
  });

  it("[O1] shows times relative to a moment, in the smallest unit that fits", () => {
    expect(formatOffset(1_042, 1_000)).toBe("+0.042 s");
    expect(formatOffset(0, 3_100)).toBe("−3.100 s");
    expect(formatOffset(125_007, 0)).toBe("+2:05.007 min");
    expect(formatOffset(3_725_007, 0)).toBe("+1:02:05.007 h");
  });

  it("[O4] turns terminal colors into spans, without the escape sequences", () => {
    expect(parseAnsi("\u001b[1;31mred\u001b[0m plain \u001b[38;5;33mmany\u001b[2K\u001b[4m!")).toEqual([
      { text: "red", className: "stagebook-ansi-red stagebook-ansi-bold" },
      { text: " plain ", className: "" },
      { text: "many", className: "" },
      { text: "!", className: "stagebook-ansi-underline" },
    ]);
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "<b>", "\u001b[", "31m", "\u001b[0m", ";", "m", "\n")), (parts) => {
        const text = parts.join("");
        expect(
          parseAnsi(text)
            .map((span) => span.text)
            .join(""),
        ).toBe(plainText(text));
      }),
    );
    expect(plainText(firstColoredLine(`\u001b[31m${"x".repeat(3_000)}\u001b[0m`)).length).toBeLessThan(1_100);
  });

  it("[O1] is copied as a line of text and saved as received", () => {
    const line = record({ at: 5, stage: "a", message: "\u001b[31mred\u001b[0m", fields: { n: 1 } });
    expect(copyText([line])).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.005 info a: red n=1$/u);
    expect(
      encodeNdjson([line, line])
        .trimEnd()
        .split("\n")
        .map((each) => JSON.parse(each) as unknown),
    ).toEqual([line, line]);
    expect(logFileName("folder/my notebook.ipynb")).toBe("my notebook-log.ndjson");
  });

  it("shows the first of several lines, truncated, without terminal colors", () => {
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
const line = fc
  .record({
    level,
    stage,
    run: fc.constantFrom("r1" as RunId, "r2" as RunId, null),
    cell: fc.constantFrom("c1" as CellId, null),
    message: fc.constantFrom("x", "xy", "Y", ""),
    fields: fc.constantFrom<JsonObject[]>({}, { n: 0 }, { n: 5 }, { n: 20 }),
  })
  .map(record);
const run = fc.constantFrom("r1" as RunId, null);
const cell = fc.constantFrom("c1" as CellId, null);
const text = fc.constantFrom("", "x", "xy", "y", "n>1", "n>1 x", "n>10", "n<1", "n<10");
const filter = fc.record({ level, stage, run, cell, text });
const step = fc.record({ add: fc.array(line, { maxLength: 6 }), drop: fc.nat({ max: 8 }), filter });
