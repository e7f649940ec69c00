/** Each file of a pipeline's store, damaged in each way, and then a kernel that opens it: right values, warnings, no crash. */
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"; // prettier-ignore
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isHeavy } from "../../rig/part";
import { createScript } from "../script";

let base: string;
let whole: string;

/** A kernel of its own over the folder: a value of each kind that a store holds. */
function kernel(store: string) {
  const script = createScript({ store });
  const { p } = script;
  const limit = p.param("limit", 3);
  const rows = p.stage("rows", { limit }, ({ limit }) => Array.from({ length: limit }, (_, n) => ({ n })));
  const large = p.stage("large", () => new Float64Array(200_000).fill(0.5));
  const items = p.stage("items", { rows }, function* ({ rows }) {
    for (const { n } of rows) yield n * 2;
  });
  const report = p.stage("report", { rows, large }, ({ rows, large }, { fileOut }) => {
    const out = fileOut("report.csv");
    writeFileSync(out, `${rows.length},${large.length}\n`);
    return { out };
  });
  const total = p.stage("total", { items, report }, async ({ items, report }) => {
    let sum = 0;
    for await (const n of items) sum += n;
    return `${sum} ${readFileSync(report.out, "utf8")}`;
  });
  return { ...script, rows, large, items, report, total };
}

const settledOf = async (store: string): Promise<void> => {
  const { rows, large, items, total } = kernel(store);
  expect(await total()).toBe("6 3,200000\n");
  expect(await rows()).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  expect((await large())[199_999]).toBe(0.5);
  expect(await items.toArray()).toEqual([0, 2, 4]);
};

beforeAll(async () => {
  base = mkdtempSync(path.join(tmpdir(), "damaged-"));
  whole = path.join(base, "whole");
  await settledOf(whole);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => path.relative(folder, path.join(file.parentPath, file.name)))
    .sort();

const damages: { readonly [name: string]: (file: string, other: string) => void } = {
  "a flipped bit": (file) => {
    const bytes = readFileSync(file);
    if (bytes.length > 0) bytes[bytes.length >> 1]! ^= 16;
    rmSync(file);
    writeFileSync(file, bytes);
  },
  truncation: (file) => truncateSync(file, statSync(file).size >> 1),
  emptying: (file) => truncateSync(file, 0),
  appending: (file) => appendFileSync(file, "\0more"),
  deletion: (file) => rmSync(file),
  "a swap with another": (file, other) => {
    renameSync(file, `${file}.aside`);
    renameSync(other, file);
    renameSync(`${file}.aside`, other);
  },
};

describe("[C11] a pipeline on a damaged store", () => {
  // In `npm test` each kind of damage strikes every fifth file, the next kind the next ones.
  test.each([...Object.keys(damages).entries()].map(([nth, damage]) => [damage, nth] as const))(
    "[C11] %s of any one file: every value is right, and nothing crashes",
    async (damage, nth) => {
      const names = filesOf(whole);
      expect(names.length).toBeGreaterThan(15);
      for (const [at, name] of names.entries()) {
        if (!isHeavy && at % 5 !== nth % 5) continue;
        const folder = path.join(base, `${damage} ${at}`);
        cpSync(whole, folder, { recursive: true });
        damages[damage]!(path.join(folder, name), path.join(folder, names[(at + 1) % names.length]!));
        await settledOf(folder).catch((error: unknown) => {
          throw new Error(`${damage} of ${name}`, { cause: error });
        });
        // It is whole again, for the next kernel.
        const { p, log } = kernel(folder);
        await p.run();
        expect(
          log().filter((line) => line.endsWith("running")),
          `${damage} of ${name}`,
        ).toEqual([]);
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  test("[C11] damage to a value is reported as a warning", async () => {
    const folder = path.join(base, "warned");
    cpSync(whole, folder, { recursive: true });
    for (const name of filesOf(folder)) if (name.startsWith("blobs-v1")) damages["a flipped bit"]!(path.join(folder, name), ""); // prettier-ignore
    const { large, events } = kernel(folder);
    expect((await large())[0]).toBe(0.5);
    expect(events.some(({ type }) => type === "store:problem")).toBe(true);
    expect(events.some((event) => event.type === "log:written" && event.record.level === "warn")).toBe(true);
  });
});
