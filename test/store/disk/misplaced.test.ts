/** Something else is found where a file of a disk store should be: a folder, a link, a named pipe, or a file without permission. */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPipelineWithInternals } from "../../../kernel-lib/src/pipeline";
import { RunOverrides } from "../../../kernel-lib/src/run/state/run-overrides";
import { createDiskStore } from "../../../kernel-lib/src/store/disk/store";
import type { FileSystem } from "../../../kernel-lib/src/store/files/file-system";
import { promptFiles } from "../../../kernel-lib/src/store/files/prompt-files";
import { nameOfFile, fileNameOf } from "../../../kernel-lib/src/store/records/file-name";
import { isHeavy } from "../../rig/part";
import { load, resultOf } from "../contract/entries";

let base: string;
let folders = 0;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "stagebook-misplaced-"));
  await writeFile(join(base, "n.ipynb"), "");
});
afterAll(async () => rm(base, { recursive: true, force: true, maxRetries: 5 }));

/** What is found instead of the file, in words; and whether a repair removes it. */
const kinds: {
  readonly [name: string]: { put(path: string): unknown; readonly says: RegExp; readonly isKept?: true };
} = {
  "an empty folder": { put: (path) => mkdir(path), says: /^a folder where a/ },
  "a folder with content": {
    put: async (path) => {
      await mkdir(path);
      await writeFile(join(path, "of the user"), "");
    },
    says: /^a folder where a (file|link) should be; move it away$/,
    isKept: true,
  },
  "a link that leads in a circle": { put: (path) => symlink(path, path), says: /^a link that leads in a circle/ },
  "a link that leads nowhere": { put: (path) => symlink("/nowhere/at/all", path), says: /^a link that leads nowhere/ },
  "a named pipe": {
    put: (path) => execFileSync("mkfifo", [path]),
    says: /^a named pipe where a file should be/,
  },
  "a link to a device": { put: (path) => symlink("/dev/zero", path), says: /^a device where a file should be/ },
};

interface Filled {
  readonly folder: string;
  /** Runs the pipeline as a new kernel does, with a parameter value. */
  compute(value: number): Promise<number>;
  readonly problems: string[];
}

async function filled(): Promise<Filled> {
  const folder = join(base, String(folders++), ".stagebook");
  const problems: string[] = [];
  const compute = async (value: number): Promise<number> => {
    const { pipeline: p, internals } = createPipelineWithInternals({}, () => undefined, {
      environment: { STAGEBOOK_STORE: folder },
      folder: base,
      notebook: { file: join(base, "n.ipynb") },
      usesSavedParams: true,
      overrides: RunOverrides.none,
      onPipeline: () => undefined,
    });
    const set = p.param("v", 1);
    const rows = p.stage("rows", { set }, ({ set: one }) => [one, one + 1]);
    const sum = p.stage("sum", { rows }, (input) => input.rows.reduce((total, one) => total + one, 0));
    p.events$.subscribe((event) => event.type === "store:problem" && problems.push(`${event.message} ${event.where}`));
    set.set(value);
    const result = await sum();
    await internals.runsWritten();
    await internals.engine.results.latestWritten();
    return result;
  };
  await compute(1);
  await compute(2);
  return { folder, compute, problems };
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((each) => !each.isDirectory()).map((each) => relative(folder, join(each.parentPath, each.name))).sort(); // prettier-ignore
}

/** The first name in each folder of the store. */
function oneOfEach(names: readonly string[]): readonly string[] {
  return [...new Map([...names].reverse().map((name) => [name.split(sep)[0], name])).values()];
}

const open = (folder: string, fileSystem?: FileSystem) =>
  createDiskStore({ folder, onProblem: () => undefined, ...(fileSystem && { fileSystem }) });

const numbered = Object.entries(kinds).map(([kind, what], nth) => [kind, what, nth] as const);

describe.each(numbered)("[C11] %s where a file should be", (kind, { put, says, isKept }, nth) => {
  test("[C11] verification names it and goes on; a repair removes what holds nothing; the stage's value is given", async () => {
    const { folder } = await filled();
    const names = (await filesOf(folder)).filter((name) => !/^(live|scratch|format)/.test(name));
    expect(new Set(names.map((name) => name.split(sep)[0]))).toEqual(new Set([".gitignore", "blobs-v1", "entries-v1", "heads", "latest", "notebooks", "params", "runs"])); // prettier-ignore
    // In `npm test` every second folder of the store, the others with the next kind.
    for (const name of oneOfEach(names).filter((_, at) => isHeavy || at % 2 === nth % 2)) {
      const own = await filled();
      const path = join(own.folder, name);
      await rm(path, { force: true });
      await put(path);
      // Damage of another kind further on.
      const other = join(own.folder, "entries-v1", `${"ab".repeat(32)}.json`);
      await writeFile(other, "damaged");
      const began = performance.now();
      const { problems } = await open(own.folder).verify({});
      const where = new Map(problems.map((problem) => [problem.where, problem.what]));
      expect(where.get(other), name).toBe("the record is damaged");
      // A link in latest/ may lead anywhere: only a folder is in its way.
      const isNamed = !name.startsWith("latest") || kind.includes("folder");
      expect([name, where.get(path)]).toEqual([name, isNamed ? expect.stringMatching(says) : undefined]);
      for (const value of [1, 2, 3]) expect([name, await own.compute(value)]).toEqual([name, 2 * value + 1]);
      expect(performance.now() - began, name).toBeLessThan(10_000);
      const repaired = await open(own.folder).verify({ repair: true });
      expect(
        repaired.problems.some((problem) => problem.remains),
        name,
      ).toBe(isKept === true);
      if (isKept) continue;
      expect([name, (await open(own.folder).verify({})).problems]).toEqual([name, []]);
    }
  }, 120_000);
});

test("[C11] a file without permission is named, stays, and hides nothing else", async () => {
  const { folder } = await filled();
  const [entry = ""] = (await filesOf(folder)).filter((name) => name.startsWith("entries-v1"));
  const denied = join(folder, entry);
  const fileSystem: FileSystem = {
    ...promptFiles,
    open: (path, flags, mode) =>
      path === denied
        ? Promise.reject(
            Object.assign(new Error(`EACCES: permission denied, open '${path}'`), { code: "EACCES", path }),
          )
        : promptFiles.open(path, flags, mode),
  };
  const other = join(folder, "entries-v1", `${"ab".repeat(32)}.json`);
  await writeFile(other, "damaged");
  const report = await open(folder, fileSystem).verify({ repair: true });
  expect(report.problems).toEqual([
    { where: other, what: "the record is damaged" },
    { where: denied, what: expect.stringContaining("EACCES") as string, remains: true },
  ].sort((a, b) => (a.where < b.where ? -1 : 1))); // prettier-ignore
  // Values must not be judged without every record: the clean-up names it and removes nothing.
  await expect(open(folder, fileSystem).gc({ maxBytes: 0 })).rejects.toMatchObject({
    code: "store-write",
    message: expect.stringContaining(denied) as string,
  });
});

test("[C11] a damaged record of a notebook, and a damaged value that was set, are named and removed", async () => {
  const { folder } = await filled();
  const files = (await filesOf(folder)).filter((name) => /^(notebooks|params)/.test(name));
  expect(files).toHaveLength(2);
  for (const name of files) await writeFile(join(folder, name), "damaged");
  const expected = files.map((name) => join(folder, name));
  expect((await open(folder).verify({})).problems.map(({ where }) => where)).toEqual(expected);
  await open(folder).verify({ repair: true });
  expect((await open(folder).verify({})).problems).toEqual([]);
});

test("[C21] the name of a file leads back to the name, unless it was cut", () => {
  for (const name of ["n.ipynb", "cleanRows", "Ünï code", "a/b %20", "", "con", "x~20", "\ud800", "a%u0041"])
    expect(nameOfFile(fileNameOf(name))).toBe(name);
  for (const file of ["a.b", "A", "~~", fileNameOf("x".repeat(300))]) expect(nameOfFile(file)).toBeUndefined();
});

test.each(["an empty folder", "a folder with content"])(
  "[C11] %s instead of the format marker: results are stored, also values ahead of them",
  async (name) => {
    const folder = join(base, String(folders++), ".stagebook");
    await mkdir(folder, { recursive: true });
    await kinds[name]?.put(join(folder, "format.json"));
    const one = resultOf("one", { rows: [1, 2, 3] });
    const store = open(folder);
    for (const blob of one.blobs) await store.putBlob(blob);
    await store.commit({ notebook: "n.ipynb", stage: "s" }, one.entry, one.blobs);
    expect(await load(open(folder), one)).toEqual(one.value);
    const { problems } = await open(folder).verify({});
    expect(problems.map(({ where }) => where)).toEqual([join(folder, "format.json")]);
    expect(problems[0]?.what).toMatch(/^a folder where a file should be/);
  },
);

test("[C11] a folder instead of the list of removed values: a repair goes on, and the next one finds nothing", async () => {
  const { folder } = await filled();
  await rm(join(folder, "evicted.json"), { force: true });
  await rm(join(folder, "blobs-v1"), { recursive: true });
  await mkdir(join(folder, "evicted.json"));
  const { problems } = await open(folder).verify({ repair: true });
  expect(problems.map(({ where }) => where)).toContain(join(folder, "evicted.json"));
  await open(folder).verify({ repair: true });
  expect((await open(folder).verify({})).problems).toEqual([]);
});
