/** A clock value that only reaches logs, progress, delays, errors and throttles is a note; any other may be part of the result. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { flowOf } from "../../../kernel-lib/src/observe/flow/value-flow";

/** `@` stands before the position that V8 reports. */
function marks(body: string, from: "clock" | "path" = "clock"): boolean {
  const position = body.indexOf("@");
  const source = body.replace("@", "");
  return flowOf(source, createHash("sha256").update(source).digest("hex"), position, from).reachesResult;
}

const inBody = (body: string): string => `stage("s", async ({ ctx, log, progress, rows }) => { ${body} });`;

const notes = [
  'const t0 = Date.@now(); await work(); log.info("took", { ms: Date.now() - t0 }); return rows;',
  'const t0 = Date.now(); await work(); log.info("took", { ms: Date.@now() - t0 }); return rows;',
  "const t0 = performance.@now(); for (const r of rows) r.f(); console.log(`${(performance.now() - t0).toFixed(1)} ms`); return 1;",
  "const t0 = process.@hrtime.bigint(); ctx.log.debug(String(process.hrtime.bigint() - t0)); return 1;",
  "const [s, ns] = process.@hrtime(); console.error(s * 1e3 + ns / 1e6); return 1;",
  "console.log(@new Date().toISOString(), rows.length); return rows;",
  "let last = 0; for (const r of rows) { const now = Date.@now(); if (now - last > 100) { progress(r.i / rows.length); last = now; } } return rows;",
  "let last = Date.@now(); for (const r of rows) if (Date.now() - last > 100) { ctx.progress(0.5); last = Date.now(); } return rows;",
  "let last = 0; for (const r of rows) { if (Date.@now() - last > 100 && r.big) progress(1); } return rows;",
  "let last = 0; rows.forEach(() => { Date.@now() - last > 50 && progress(1); }); return rows;",
  "const elapsed = () => Date.@now() - t0; const t0 = 1; log(elapsed()); return rows;",
  "function stamp() { return @new Date().toISOString(); } console.log(stamp()); return rows;",
  "const fmt = (ms) => ms + ' ms'; const t = Date.@now(); console.log(fmt(Date.now() - t)); return rows;",
  "const until = Date.@now() + 100; await sleep(until - Date.now()); return rows;",
  "const start = Date.@now(); setTimeout(go, Math.max(0, 100 - (Date.now() - start))); return rows;",
  "const deadline = Date.@now() + 1000; if (Date.now() > deadline) throw new Error('too slow'); return rows;",
  "if (Date.@now() > 5) throw new Error(`late`); return rows;",
  "let total = 0; for (const r of rows) { const t = Date.@now(); r.f(); total += Date.now() - t; } log.info('total', total); return rows;",
  "const meta = { started: Date.@now() }; logger.info(meta); return rows;",
  "Date.@now(); return rows;",
  "const t = Date.@now(); console.log(t > 5 ? 'slow' : 'fast'); return rows;",
  "process.stderr.write(`${Date.@now()}\\n`); return rows;",
  "const t0 = Date.@now(); try { return await work(); } finally { console.log(Date.now() - t0); }",
  "let t; t = Date.@now(); console.log(t); return rows;",
];

const results = [
  "return { rows, at: @new Date() };",
  "return Date.@now();",
  "const at = Date.@now(); return rows.map((r) => ({ ...r, at }));",
  "rows.push(Date.@now()); return rows;",
  "const out = []; for (const r of rows) out.push({ r, at: @new Date().toISOString() }); return out;",
  "const t0 = Date.@now(); await work(); const ms = Date.now() - t0; log.info(ms); return { rows, ms };",
  "const end = Date.@now() + 100; let n = 0; while (Date.now() < end) n++; return n;",
  "let n = 0; const end = Date.now() + 100; while (Date.@now() < end) n++; return n;",
  "if (Date.@now() > 5) return 1; return 2;",
  "let n = 0; if (Date.@now() > 5) n++; return n;",
  "let n = 0; if (Date.@now() > 5) { progress(1); n = 2; } return n;",
  "let n = 0; Date.@now() > 5 && (n = 1); return n;",
  "for (const r of rows) { if (Date.@now() > 5) break; r.f(); } return rows;",
  "return Date.@now() > 5 ? 'a' : 'b';",
  "this.at = Date.@now(); return rows;",
  "cache.at = Date.@now(); return rows;",
  "const stamp = () => Date.@now(); return rows.map(stamp);",
  "const stamp = () => Date.@now(); return rows.map((r) => stamp());",
  "function stamp() { return Date.@now(); } console.log(stamp()); return { at: stamp() };",
  "await save(Date.@now());",
  "yield Date.@now();",
  "const { a = Date.@now() } = rows; return a;",
  "fs.writeFileSync('out.txt', String(Date.@now())); return rows;",
  "const day = @new Date(); day.setHours(0); return rows.filter((r) => r.date < day);",
  "const seed = Date.@now(); const r = rng(seed); console.log(seed); return r.next();",
  "exports.at = Date.@now();",
  "switch (Date.@now() % 2) { case 0: return 1; default: return 2; }",
  "return `${Date.@now()}`;",
  "return Math.log(Date.@now());",
  "let last = 0; for (const r of rows) if (Date.@now() - last > 100) { progress(1); } else { rows.pop(); } return rows;",
];

describe("[V4] a clock value", () => {
  test.each(notes)("is a note: %s", (body) => expect(marks(inBody(body.replace("yield", "return")))).toBe(false));
  test.each(results.filter((body) => !body.includes("yield") && body.split("@").length === 2))(
    "may reach the result: %s",
    (body) => expect(marks(inBody(body))).toBe(true),
  );
});

describe("[V4] code of other forms", () => {
  test("an ES module", () => {
    expect(marks("import fs from 'fs'; export default () => { console.log(Date.@now()); };")).toBe(false);
    expect(marks("export default function* () { yield Date.@now(); }")).toBe(true);
  });
  test("a compiled cell", () => {
    const cell = (body: string): string =>
      `(function(exports, require) { const perf_hooks_1 = require("perf_hooks"); exports.a = (0, exports.stage)("a", () => { ${body} }); })`;
    expect(marks(cell("console.log(perf_hooks_1.performance.@now()); return 1;"))).toBe(false);
    expect(marks(cell("return perf_hooks_1.performance.@now();"))).toBe(true);
  });
  test("code that cannot be parsed may do anything", () => expect(marks("const = Date.@now()")).toBe(true));
  test("a bundle that is too long may do anything", () =>
    expect(marks(`console.log(Date.@now());${" ".repeat(1_000_001)}`)).toBe(true));
});

describe("[V4] the working folder", () => {
  test.each([
    'const p = path.join(process.@cwd(), "a.txt"); return fs.readFileSync(p);',
    'return require("fs").readFileSync(require("path").resolve(process.@cwd(), "a"));',
    "return (0, node_fs_1.readFileSync)(node_path_1.default.join(process.@cwd(), 'a'));",
    "console.log(process.@cwd()); return 1;",
  ])("is part of a path: %s", (body) => expect(marks(inBody(body), "path")).toBe(false));
  test.each([
    "return process.@cwd();",
    "return path.join(process.@cwd(), 'a');",
    "rows.push(process.@cwd()); return rows;",
  ])("may reach the result: %s", (body) => expect(marks(inBody(body), "path")).toBe(true));
});

test.each([
  "await (async () => { return os.cpus()[0].@times.user; })(); return 1;",
  "await (async () => { @class Now extends Date {} return new Now(); })(); return 1;",
  "(() => { rows.at = Date.@now(); })(); return rows;",
])("[V4] the call of the function around a place is not the read: %s", (body) =>
  expect(marks(inBody(body))).toBe(true),
);

test("[V4] a script with a place that can mark the result is known to have one", () => {
  const source = "const f = () => { console.log(Date.now()); return new Date(); }; module.exports = f;";
  expect(flowOf(source, "othersReachResult", source.indexOf("now"))).toEqual({
    reachesResult: false,
    othersReachResult: true,
  });
});
