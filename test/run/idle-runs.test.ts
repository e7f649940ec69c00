/** A call that finds everything up to date writes nothing, however often it is made. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPipelineWithInternals } from "../../kernel-lib/src/pipeline";

test("[C22] a hundred calls of fresh stages leave no file behind", async () => {
  const store = mkdtempSync(join(tmpdir(), "stagebook-idle-"));
  try {
    const { pipeline, internals } = createPipelineWithInternals({ store }, () => undefined);
    const n = pipeline.param("n", 3);
    const rows = pipeline.stage("rows", { n }, ({ n }) => Array.from({ length: n }, (_, at) => at));
    const sum = pipeline.stage("sum", { rows }, ({ rows }) => rows.reduce((a, b) => a + b, 0));
    const files = async (): Promise<readonly string[]> => {
      await internals.runsWritten();
      return (readdirSync(store, { recursive: true }) as string[]).sort();
    };
    await sum();
    const before = await files();
    expect(before.filter((name) => name.startsWith("runs/"))).not.toEqual([]);
    for (let at = 0; at < 100; at++) await sum();
    await pipeline.run();
    expect(await files()).toEqual(before);
    // A run that does something is recorded again, with what came before its first stage.
    n.set(4);
    await sum();
    expect((await files()).length).toBeGreaterThan(before.length);
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
});

test("[C22] a run that fails before any stage begins is recorded", async () => {
  const store = mkdtempSync(join(tmpdir(), "stagebook-idle-"));
  try {
    const { pipeline, internals } = createPipelineWithInternals({ store }, () => undefined);
    const rows = pipeline.stage("rows", {}, () => [1]);
    await rows();
    await internals.runsWritten();
    const count = (): number => readdirSync(join(store, "runs")).length;
    const before = count();
    const abort = new AbortController();
    abort.abort(new Error("enough"));
    await rows.run({ force: true, signal: abort.signal }).catch(() => undefined);
    await internals.runsWritten();
    expect(count()).toBe(before + 1);
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
});
