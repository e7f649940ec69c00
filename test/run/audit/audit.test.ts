import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createPipelineWithInternals } from "../../../kernel-lib/src/pipeline";
import type { AuditFinding } from "../../../kernel-lib/src/run/audit/audit";
import { checkShare, readShare } from "../../../kernel-lib/src/run/audit/share";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "stagebook-audit-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open() {
  const { pipeline, internals } = createPipelineWithInternals({ store: join(folder, "store") }, () => undefined);
  const audit = (stage: string): Promise<AuditFinding> =>
    internals.engine.audit("anywhere").check(internals.engine.instances.find(stage));
  return { pipeline, audit };
}

test("[A1] a repeatable result is equal, and nothing is said about it", async () => {
  const { pipeline, audit } = open();
  const rows = pipeline.stage("rows", () => [1, 2, 3]);
  const sum = pipeline.stage("sum", { rows }, ({ rows }) => rows.reduce((a, b) => a + b, 0));
  await sum();
  expect(await audit("sum")).toMatchObject({ outcome: "equal" });
  expect(await audit("rows")).toMatchObject({ outcome: "equal" });
  expect((await sum.explain()).caveats).toEqual([]);
});

test("[A1] a result that differs is named, with the first difference, in this kernel and in later ones", async () => {
  const first = open();
  const state = { runs: 0 };
  const define = ({ pipeline }: ReturnType<typeof open>) =>
    pipeline.stage("draws", () => ({
      rows: [{ x: 1 }, { x: Number(process.hrtime.bigint() % 1_000_000n) + state.runs * 0 }],
    }));
  const draws = define(first);
  const { rows } = await draws();
  const finding = await first.audit("draws");
  expect(finding).toMatchObject({
    outcome: "different",
    difference: { path: ".rows[1].x", before: String(rows[1]?.x) },
  });
  expect((await draws.explain()).caveats.join()).toContain("a second execution returned another value at .rows[1].x");
  // It is not run again for that.
  expect(await draws.status()).toBe("fresh");
  expect(await draws()).toEqual({ rows });
  const later = define(open());
  expect((await later.plan()).rows[0]?.notRepeatable?.join()).toContain("a second execution returned another value");
});

test("[A1] streams and each are compared item by item", async () => {
  const { pipeline, audit } = open();
  const items = pipeline.stage("items", function* () {
    yield 1;
    yield 2;
    yield 3;
  });
  const twice = pipeline.each("twice", items, (item) => item * 2);
  const noise = pipeline.each("noise", items, (item) => (item === 2 ? Math.random() : item));
  await twice.run();
  await noise.run();
  expect(await audit("items")).toMatchObject({ outcome: "equal" });
  expect(await audit("twice")).toMatchObject({ outcome: "equal" });
  expect(await audit("noise")).toMatchObject({ outcome: "different", difference: { path: "[1]" } });
});

test("[A1] stages that may differ, or have no current result, are left out", async () => {
  const { pipeline, audit } = open();
  const accepted = pipeline.stage("accepted", () => Math.random(), { volatile: "accept" });
  const hourly = pipeline.stage("hourly", () => Math.random(), { maxAge: "1 h" });
  pipeline.stage("never", () => 1);
  await accepted();
  await hourly();
  for (const stage of ["accepted", "hourly", "never"]) expect(await audit(stage)).toMatchObject({ outcome: "skipped" });
});

test("[A1] random numbers of the context are the same again", async () => {
  const { pipeline, audit } = open();
  await pipeline.stage("seeded", ({ random }) => [random(), random()])();
  expect(await audit("seeded")).toMatchObject({ outcome: "equal" });
});

test("[A1] the share is a percentage, a number or off", () => {
  expect([readShare("1%"), readShare("0.5"), readShare(1), readShare("off"), readShare(undefined)]).toEqual([
    0.01, 0.5, 1, 0, 0,
  ]);
  for (const wrong of ["2", "-1%", "many", "101%"])
    expect(() => checkShare(wrong, "STAGEBOOK_AUDIT")).toThrow(/STAGEBOOK_AUDIT/);
});
