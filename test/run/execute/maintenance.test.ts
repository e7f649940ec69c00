import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { createScript, type Script } from "../script";

const newFolder = (): string => path.join(mkdtempSync(path.join(tmpdir(), "maintenance-")), "store");

/** A stage with one result for each factor that was set. */
async function withResults(script: Script, factors: readonly number[]) {
  const factor = script.p.param("factor", 0);
  const rows = script.p.stage("rows", { factor }, ({ factor }) => `${factor}`.repeat(10_000));
  for (const value of factors) {
    factor.set(value);
    await rows();
  }
  script.log();
  return { factor, rows };
}

describe.each(["disk", "memory"])("maintenance of the store %s", (kind) => {
  const open = (): Script => createScript({ store: kind === "disk" ? newFolder() : kind });

  test("[C13] a pinned result stays, others of the same age and size go", async () => {
    const script = open();
    const { factor, rows } = await withResults(script, [1, 2]);
    await rows.pin();
    factor.set(3);
    await rows();
    expect((await rows.history()).map(({ pinned }) => pinned)).toEqual([false, true, false]);
    const report = await script.p.gc({ maxBytes: 0 });
    expect(report).toMatchObject({ dryRun: false, evictedEntries: 2 });
    expect(report.freedBytes).toBeGreaterThan(15_000);
    factor.set(2);
    script.log();
    expect(await rows()).toBe("2".repeat(10_000));
    expect(script.log()).toEqual(["rows cached"]);
    await rows.pin(false);
    expect((await script.p.gc({ maxBytes: 0 })).evictedEntries).toBe(1);
    factor.set(3);
    expect(await rows()).toBe("3".repeat(10_000));
    expect(script.log()).toEqual(["rows running", "rows succeeded"]);
  });

  test("[C13] [P7] under other parameter values the result of these values is pinned, also by a new kernel", async () => {
    const store = newFolder();
    const begin = () => {
      const { p } = createScript({ store });
      const n = p.param("n", 1);
      return { p, a: p.stage("a", { n }, ({ n }) => "x".repeat(n)) };
    };
    const { a } = begin();
    for (const n of [3, 5]) await a.with({ n })();
    const later = begin();
    await later.a.with({ n: 3 }).pin();
    await expect(later.a.with({ n: 7 }).pin()).rejects.toMatchObject({ code: "no-result" });
    await later.p.gc({ olderThanMs: 0, keepPerStage: 0 });
    expect(await later.a.with({ n: 3 }).status()).toBe("fresh");
    expect(await later.a.with({ n: 5 }).status()).not.toBe("fresh");
  });

  test("[C13] a dry run says what would go and removes nothing; by count the newest stay", async () => {
    const script = open();
    const { factor, rows } = await withResults(script, [1, 2, 3]);
    const dry = await script.p.gc({ keepPerStage: 1, dryRun: true });
    expect(dry).toMatchObject({ dryRun: true, removedEntries: 2, keptEntries: 1 });
    expect(await rows.history()).toHaveLength(3);
    const done = await script.p.gc({ keepPerStage: 1 });
    expect(done).toEqual({ ...dry, dryRun: false });
    expect(await rows.history()).toHaveLength(1);
    expect(await rows()).toBe("3".repeat(10_000));
    factor.set(1);
    await rows();
    expect(script.log()).toEqual(["rows cached", "rows running", "rows succeeded"]);
  });

  test("[C13] nothing to pin, and options that make no sense, are errors", async () => {
    const { p } = open();
    await expect(p.stage("a", () => 1).pin()).rejects.toMatchObject({ code: "no-result" });
    await expect(p.gc({ maxBytes: -1 })).rejects.toMatchObject({ code: "store-options" });
    await expect(p.gc({ olderThan: 1 } as never)).rejects.toMatchObject({ code: "store-options" });
    await expect(p.verify({ fix: true } as never)).rejects.toMatchObject({ code: "store-options" });
  });
});

test("[C13] missing values are recomputed only when a stage that runs reads them", async () => {
  const script = createScript({ store: newFolder() });
  const { p, log } = script;
  const scale = p.param("scale", 1);
  const source = p.stage("source", () => "x".repeat(10_000));
  const middle = p.stage("middle", { source }, ({ source }) => source.length);
  const last = p.stage("last", { middle, scale }, ({ middle, scale }) => middle * scale);
  await last();
  log();
  expect((await p.gc({ maxBytes: 0 })).evictedEntries).toBe(3);
  // By its records all of it is fresh: nothing runs, and no value is read.
  expect(await p.outdated()).toEqual([]);
  scale.set(2);
  expect((await last.plan()).rows.map(({ stage, action }) => `${stage} ${action}`)).toEqual([
    "source run",
    "middle run",
    "last run",
  ]);
  expect(await last()).toBe(20_000);
  expect(log().filter((line) => line.endsWith("running"))).toEqual(["source running", "middle running", "last running"]); // prettier-ignore
});

test("[C13] [S8] a lost value that comes out different when it is recomputed moves its readers to their new keys", async () => {
  const store = newFolder();
  let made = 0;
  const counts = { next: () => ++made };
  // Each kernel has its own memory of what it read.
  const kernel = () => {
    const script = createScript({ store });
    const { p } = script;
    const drawn = p.stage("drawn", () => `${process.hrtime().join()} ${counts.next()}`);
    const scale = p.param("scale", 1);
    return { ...script, scale, drawn, scaled: p.stage("scaled", { drawn, scale }, (all) => [all.drawn, all.scale]) };
  };
  const [first] = await kernel().scaled();
  // Behind the store's back.
  rmSync(path.join(store, "blobs-v1"), { recursive: true });
  const { scale, drawn, scaled, log } = kernel();
  scale.set(2);
  const [second] = await scaled();
  expect(second).not.toBe(first);
  expect(second).toBe(await drawn());
  expect(log().filter((line) => line === "scaled succeeded")).toHaveLength(1);
});
