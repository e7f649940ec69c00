/** Values that left the store's folder while their records stayed: what plans say of them, and what runs. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { file } from "stagebook";
import { afterAll, expect, test } from "vitest";
import { createScript } from "../script";

const base = mkdtempSync(path.join(tmpdir(), "lost-values-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

let stores = 0;
const newFolder = (): string => path.join(base, `store ${stores++}`);

/** A kernel of its own: `large` is by far the largest value, `size` and `scaled` lie below it. */
function kernel(store: string) {
  const script = createScript({ store });
  const { p } = script;
  const scale = p.param("scale", 1);
  const large = p.stage("large", () => "x".repeat(100_000));
  const size = p.stage("size", { large }, ({ large }) => large.length);
  const scaled = p.stage("scaled", { large, size, scale }, (all) => all.large.length + all.size * all.scale);
  const running = (): readonly string[] => script.log().filter((line) => line.endsWith("running"));
  return { ...script, scale, large, size, scaled, running };
}

/** Removes the blobs of at least this many bytes. */
function removeBlobs(store: string, minBytes = 0): void {
  const folder = path.join(store, "blobs-v1");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const paths = files.map((file) => path.join(file.parentPath, file.name));
  const gone = paths.filter((file) => statSync(file).size >= minBytes);
  expect(gone.length).toBeGreaterThan(0);
  for (const file of gone) rmSync(file, { force: true });
}

const actions = async (planned: {
  plan(): Promise<{ readonly rows: readonly object[] }>;
}): Promise<readonly string[]> =>
  ((await planned.plan()).rows as { stage: string; action: string }[]).map(({ stage, action }) => `${action} ${stage}`);

const kernels = ["another kernel", "the same kernel"] as const;

/** A kernel in which everything was executed, or another one on its store, after the value of `large` was removed from the store. */
async function withoutLarge(who: (typeof kernels)[number]): Promise<ReturnType<typeof kernel>> {
  const store = newFolder();
  const first = kernel(store);
  await first.scaled();
  first.log();
  removeBlobs(store, 10_000);
  return who === "the same kernel" ? first : kernel(store);
}

test.each(kernels)(
  "[C11] [S11] a value removed behind the store's back: %s plans to recompute it, and does so on request",
  async (who) => {
    const { large, size, running } = await withoutLarge(who);
    expect((await large.plan()).rows).toEqual([
      expect.objectContaining({ action: "run", reasons: ["its stored value is gone and needed"] }),
    ]);
    expect(String(await large.explain())).toMatch(/its stored value is gone/);
    // The kernel that computed it may still have it in memory.
    if (who === "another kernel") await expect(large.load()).rejects.toThrow(/its stored value is gone/);
    expect(running()).toEqual([]);
    expect((await large()).length).toBe(100_000);
    expect(running()).toEqual(["large running"]);
    expect(await actions(large)).toEqual(["fresh large"]);
    expect(await large.explain()).toMatchObject({ status: "fresh", reasons: [] });
    // It came out equal: nothing below it is stale.
    expect(await size()).toBe(100_000);
    expect(running()).toEqual([]);
  },
);

test.each(kernels)(
  "[C11] [S12] a missing value upstream of a fresh result is not recomputed: %s runs nothing, and reports nothing missing as fresh",
  async (who) => {
    const { p, large, scaled, running } = await withoutLarge(who);
    await large.status();
    for (const plan of [await scaled.plan(), await p.plan()]) {
      const row = plan.rows.find(({ stage }) => stage === "large");
      expect(row).toMatchObject({
        action: "load",
        reasons: [expect.stringMatching(/value is gone; it is recomputed/)],
      });
      expect(plan.rows.map(({ action }) => action)).not.toContain("run");
    }
    expect(await scaled()).toBe(200_000);
    await p.run();
    expect(await p.outdated()).toEqual([]);
    expect(running()).toEqual([]);
  },
);

test.each(kernels)(
  "[C11] [S11] a stage that runs and reads a missing value has it recomputed, as planned: %s",
  async (who) => {
    const { scale, scaled, running } = await withoutLarge(who);
    scale.set(2);
    expect([...(await actions(scaled))].sort()).toEqual([
      who === "the same kernel" ? "fresh size" : "load size",
      "run large",
      "run scaled",
    ]);
    expect(await scaled()).toBe(300_000);
    expect(running()).toEqual(["large running", "scaled running"]);
  },
);

test("[C11] [O8] with all values gone, and then all records, each plan says so and the values come out right", async () => {
  const store = newFolder();
  await kernel(store).scaled();
  removeBlobs(store);
  const second = kernel(store);
  expect(await actions(second.scaled)).toEqual(["run large", "run size", "run scaled"]);
  expect(await second.scaled()).toBe(200_000);
  expect(second.running()).toEqual(["large running", "size running", "scaled running"]);
  rmSync(path.join(store, "entries-v1"), { recursive: true });
  const third = kernel(store);
  const { rows } = await third.scaled.plan();
  expect(rows[0]).toMatchObject({ stage: "large", action: "run", reasons: [expect.stringMatching(/gone|never run/)] });
  expect(rows.map(({ action }) => action)).not.toContain("fresh");
  expect(await third.scaled()).toBe(200_000);
});

test("[C11] [R9] a lost value that cannot be recomputed either fails its readers, and the run ends", async () => {
  const store = newFolder();
  const source = path.join(base, "source.txt");
  writeFileSync(source, "1");
  const open = (extra: number) => {
    const script = createScript({ store });
    const large = script.p.stage("large", { source: file(source) }, async ({ source }) => "x".repeat(100_000) + (await source.text())); // prettier-ignore
    const size = script.p.stage("size", { large, extra }, ({ large, extra }) => large.length + extra);
    return { ...script, size };
  };
  await open(0).size();
  const { p, size, log } = open(1);
  // Just after the stored result was found, its value and what it was computed from disappear.
  p.events$.subscribe((event) => {
    if (event.type !== "stage:cached" || event.stage !== "large") return;
    removeBlobs(store, 10_000);
    rmSync(source);
    mkdirSync(source);
  });
  await expect(size()).rejects.toMatchObject({ code: "file-folder", stage: "large" });
  expect(log()).toEqual(["large cached", "large failed", "size failed"]);
  rmSync(source, { recursive: true });
  writeFileSync(source, "1");
  expect(await size()).toBe(100_002);
});

test("[C14] [S6] identical stages that keep no result share one value until the last of them has another", async () => {
  const { p, log } = createScript();
  const define = (name: string, by: number): ReturnType<typeof p.stage<number>> =>
    p.stage(name, by === 1 ? () => 1 : () => 2, { cache: false });
  let one = define("one", 1);
  const two = define("two", 1);
  const sum = (): ReturnType<typeof p.stage<number>> =>
    p.stage("sum", { one, two }, ({ one, two }) => one + two, { cache: false });
  expect(await sum()()).toBe(2);
  one = define("one", 2);
  expect(await sum()()).toBe(3);
  log();
  expect(await sum()()).toBe(3);
  expect(log()).toEqual(["one cached", "two cached", "sum running", "sum succeeded"]);
});
