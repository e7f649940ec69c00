import { expect, test } from "vitest";
import { createScript } from "./script";

test.each(["memory", "none", "disk"])("[R4] runs in %s", async (kind) => {
  const { mkdtempSync } = await import("node:fs");
  const store = kind === "disk" ? mkdtempSync("/tmp/w-") + "/store" : kind;
  const { p, log, events } = createScript({ store });
  const k = 3;
  const a = p.stage("a", () => [1, 2, k], { worker: true });
  const limit = p.param("limit", 5);
  const b = p.stage("b", { a, limit }, ({ a, limit }, { log, random }) => { log.info("hello", { x: 1 }); console.log("printed"); return { a, limit, r: random(), big: new Float64Array(1e6) }; }, { worker: true });
  const value = await b();
  expect(value.a).toEqual([1, 2, 3]);
  console.log(log(), value.r, events.filter(e => e.type === "log:written").map(e => (e as any).record));
});
test("errors", async () => {
  const { p } = createScript();
  const a = p.stage("a", () => { null!.x; return 1; }, { worker: true });
  await a().catch((e) => console.log(e, e.cause?.stack));
  const c = p.stage("c", () => { process.exit(3); }, { worker: true });
  await c().catch((e) => console.log(e));
  const d = p.stage("d", async () => { setTimeout(() => { throw new Error("late"); }, 1); await new Promise(() => undefined); }, { worker: true });
  await d().catch((e) => console.log(e));
  const t = Date.now();
  const f = p.stage("f", () => { for (;;); }, { worker: true });
  const r = f(); setTimeout(() => r.cancel(), 300);
  await r.catch((e) => console.log(e.message, Date.now() - t));
});
