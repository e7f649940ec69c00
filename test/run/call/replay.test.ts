import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { file as fileInput } from "stagebook";
import { expect, test } from "vitest";
import { createScript } from "../script";

const newFolder = (): string => mkdtempSync(path.join(tmpdir(), "replay-"));

/** A stage with an input of every kind. */
function everyKind(source: string, factor: number) {
  const script = createScript();
  const { p } = script;
  const limit = p.param("limit", 3);
  const rows = p.stage("rows", () => [{ n: 1 }, { n: 2n }, { n: new Date(0) }]);
  const numbers = p.stage("numbers", function* () {
    for (let n = 0; n < 10; n++) yield n;
  });
  const big = p.stage("big", () => new Float64Array(600_000).fill(2));
  const target = p.stage(
    "target",
    { rows, numbers, big, limit, constant: { deep: [1] }, table: fileInput(source) },
    async ({ rows, numbers, big, limit, constant, table }, { random }) => {
      const kept: number[] = [];
      for await (const n of numbers) if (n < limit) kept.push(n * factor);
      return { rows, kept, sum: big[599_999], constant, text: await table.text(), drawn: random() };
    },
  );
  return { ...script, target };
}

test("[C18] the inputs of a stage are exported, and its function runs alone on them, here or in another pipeline", async () => {
  const [source, folder] = [path.join(newFolder(), "in.csv"), path.join(newFolder(), "exported")];
  writeFileSync(source, "a,b\n");
  const one = everyKind(source, 10);
  const expected = await one.target();
  await one.target.exportInputs(folder);
  expect(readdirSync(folder)).toContain("about.json");

  // Elsewhere nothing of it was ever run, the file is another one by now, and the code has changed.
  writeFileSync(source, "changed");
  const other = everyKind(source, 100);
  const events = other.events.length;
  expect(await other.target.replay(folder)).toEqual({ ...expected, kept: [0, 100, 200] });
  expect(other.events.slice(events).filter(({ type }) => /^(run|stage):/.test(type))).toEqual([]);
  await expect(other.target.load()).rejects.toMatchObject({ code: "no-result" });
});

test("[C18] what is stale runs before its value is exported; what fails stops the export", async () => {
  const { p, log } = createScript();
  const a = p.stage("a", () => 1);
  const b = p.stage("b", { a }, ({ a }) => a + 1);
  const folder = path.join(newFolder(), "exported");
  await b.exportInputs(folder);
  expect(log()).toEqual(["a running", "a succeeded"]);
  expect(await b.replay(folder)).toBe(2);
  const broken = p.stage("broken", (): number => {
    throw new Error("no source");
  });
  const c = p.stage("c", { broken }, ({ broken }) => broken);
  await expect(c.exportInputs(path.join(folder, "c"))).rejects.toMatchObject({ cause: { message: "no source" } });
});

test("[C18] an exported value that was damaged is refused", async () => {
  const { p } = createScript();
  const a = p.stage("a", () => "text");
  const b = p.stage("b", { a }, ({ a }) => a);
  const folder = path.join(newFolder(), "exported");
  await b.exportInputs(folder);
  const [blob] = readdirSync(path.join(folder, "blobs"));
  writeFileSync(path.join(folder, "blobs", blob ?? ""), "other bytes");
  await expect(b.replay(folder)).rejects.toMatchObject({ code: "replay" });
});

test("[Y2] a folder without an export, or of another stage's inputs, is refused", async () => {
  const { p } = createScript();
  const a = p.stage("a", () => 1);
  const b = p.stage("b", { a }, ({ a }) => a);
  const folder = newFolder();
  await expect(b.replay(folder)).rejects.toMatchObject({ code: "replay" });
  await p.stage("c", { other: a }, ({ other }) => other).exportInputs(folder);
  await expect(b.replay(folder)).rejects.toMatchObject({ code: "replay" });
});
