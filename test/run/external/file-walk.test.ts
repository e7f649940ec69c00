/** Which files a folder or glob names: patterns, hidden files, links, cycles. */
import fc from "fast-check";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseGlob } from "../../../kernel-lib/src/run/external/file-pattern";
import { findFiles } from "../../../kernel-lib/src/run/external/file-walk";
import { Files } from "../../../kernel-lib/src/run/external/files";
import { matchFiles } from "../../../kernel-lib/src/run/external/matched-files";
import { createNotebookFolder, type NotebookFolder } from "../../rig/kernel/notebook-folder";

let folder: NotebookFolder;
beforeEach(() => {
  folder = createNotebookFolder({});
});
afterEach(() => folder.remove());

function write(...files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(folder.path, file)), { recursive: true });
    writeFileSync(join(folder.path, file), file);
  }
}

async function matched(pattern: string): Promise<readonly string[]> {
  return (await matchFiles(new Files(folder.path), pattern)).files.map(({ path }) => path);
}

const tree = [
  "a.csv",
  "data/b.csv",
  "data/a.csv",
  "data/B.csv",
  "data/ä.csv",
  "data/a.txt",
  "data/.hidden.csv",
  "data/.cache/c.csv",
  "data/node_modules/d.csv",
  "data/2023/x.csv",
  "data/2024/x.csv",
  "data/2024/deep/y.csv",
  "data/2024/y.tsv",
  "data [1]/x.csv",
  "data1/x.csv",
  "node_modules/pkg/p.csv",
];

const patterns: readonly (readonly [string, readonly string[]])[] = [
  ["data/*.csv", ["data/B.csv", "data/a.csv", "data/b.csv", "data/ä.csv"]],
  ["./data/?.csv", ["data/B.csv", "data/a.csv", "data/b.csv", "data/ä.csv"]],
  ["data/[ab].csv", ["data/a.csv", "data/b.csv"]],
  ["data/!(a|b).csv", ["data/B.csv", "data/ä.csv"]],
  ["data/**/*.csv", ["data/2023/x.csv", "data/2024/deep/y.csv", "data/2024/x.csv", "data/B.csv", "data/a.csv", "data/b.csv", "data/ä.csv"]], // prettier-ignore
  ["data/*/x.csv", ["data/2023/x.csv", "data/2024/x.csv"]],
  ["data/2024/*.{csv,tsv}", ["data/2024/x.csv", "data/2024/y.tsv"]],
  ["data/{2023,2024/deep}/*.csv", ["data/2023/x.csv", "data/2024/deep/y.csv"]],
  ["*/2024/**", ["data/2024/deep/y.csv", "data/2024/x.csv", "data/2024/y.tsv"]],
  ["data/2024", ["data/2024/deep/y.csv", "data/2024/x.csv", "data/2024/y.tsv"]],
  ["data/2024/", ["data/2024/deep/y.csv", "data/2024/x.csv", "data/2024/y.tsv"]],
  ["data/a.csv", ["data/a.csv"]],
  ["*.csv", ["a.csv"]],
  ["data/2024/../2023/*", ["data/2023/x.csv"]],
  // What exists under the name itself comes first.
  ["data [1]", ["data [1]/x.csv"]],
  ["data [1]/x.csv", ["data [1]/x.csv"]],
  ["data \\[1\\]/*.csv", ["data [1]/x.csv"]],
  // Hidden files and packages, if the pattern names them.
  ["data/.*.csv", ["data/.hidden.csv"]],
  ["data/.cache/*", ["data/.cache/c.csv"]],
  ["node_modules/pkg", ["node_modules/pkg/p.csv"]],
  ["node_modules/*/*.csv", ["node_modules/pkg/p.csv"]],
  ["data/node_modules/**", ["data/node_modules/d.csv"]],
  ["data/*.parquet", []],
  ["nowhere/*.csv", []],
  ["nowhere", []],
  ["a.csv/*.csv", []],
];

test.each(patterns)("[S9] files(%j)", async (pattern, expected) => {
  write(...tree);
  expect(await matched(pattern)).toEqual(expected);
});

test("[S9] a folder without a name of its own, a parent folder, an absolute path", async () => {
  write("a.csv", "sub/b.csv");
  expect(await matched(".")).toEqual(["a.csv", "sub/b.csv"]);
  const within = async (pattern: string): Promise<readonly string[]> =>
    (await matchFiles(new Files(join(folder.path, "sub")), pattern)).files.map(({ path }) => path);
  expect(await within("../*.csv")).toEqual(["../a.csv"]);
  expect(await within(`${folder.path}/*.csv`)).toEqual([`${folder.path}/a.csv`]);
});

test("[S9] the digest is of names below the folder and of contents: the same wherever the folder is", async () => {
  write("data/a.csv", "data/sub/b.csv");
  const digest = async (pattern: string): Promise<string> => (await matchFiles(new Files(folder.path), pattern)).digest;
  const before = await digest("data");
  expect(await digest(`${folder.path}/data/**`)).toBe(before);
  for (const file of ["a.csv", "sub/b.csv"]) {
    mkdirSync(join(folder.path, "moved", dirname(file)), { recursive: true });
    writeFileSync(join(folder.path, "moved", file), `data/${file}`);
  }
  expect(await digest("moved")).toBe(before);
  rmSync(join(folder.path, "moved/a.csv"));
  expect(await digest("moved")).not.toBe(before);
});

describe("[S9] symbolic links", () => {
  const link = (target: string, path: string): void => symlinkSync(target, join(folder.path, path));

  test("to a file and to a folder are followed; one that leads nowhere counts", async () => {
    write("data/a.csv", "elsewhere/b.csv", "elsewhere/sub/c.csv");
    link("../elsewhere/b.csv", "data/file.csv");
    link("../elsewhere", "data/linked");
    link("../nowhere.csv", "data/broken.csv");
    link("broken2.csv", "data/broken2.csv");
    expect(await matched("data/**/*.csv")).toEqual([
      "data/a.csv",
      "data/broken.csv",
      "data/broken2.csv",
      "data/file.csv",
      "data/linked/b.csv",
      "data/linked/sub/c.csv",
    ]);
    expect(await matched("data/*/b.csv")).toEqual(["data/linked/b.csv"]);
    expect(await matched("data/linked/*.csv")).toEqual(["data/linked/b.csv"]);
  });

  test("to a folder that contains it, are not followed", async () => {
    write("data/a.csv", "data/sub/b.csv");
    link(".", "data/self");
    link("..", "data/sub/up");
    link("../..", "data/sub/above");
    expect(await matched("data")).toEqual(["data/a.csv", "data/sub/b.csv"]);
  });

  test("of folders to each other, are each followed once", async () => {
    const names = Array.from({ length: 8 }, (_, at) => `d${at}`);
    write(...names.map((name) => `data/${name}/f.csv`));
    for (const from of names) for (const to of names) if (from !== to) link(`../${to}`, `data/${from}/${to}`);
    const found = await matched("data/**");
    // Each folder by itself, and through each of the 56 links.
    expect(found).toHaveLength(8 + 56);
    expect(await matched("data/**")).toEqual(found);
  });
});

test("[S9] a folder that cannot be read is not an empty folder", async () => {
  symlinkSync("loop", join(folder.path, "loop"));
  const found = await matchFiles(new Files(folder.path), "loop/*.csv");
  expect(found).toMatchObject({ files: [], text: "unreadable (ELOOP)", error: { code: "ELOOP" } });
});

test("[S9] property: what is not entered cannot match", async () => {
  const name = fc.constantFrom("a", "b", ".h", "node_modules", "x.csv");
  const files = fc.uniqueArray(fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/")), { maxLength: 12 }); // prettier-ignore
  const segment = fc.constantFrom(
    "*",
    "**",
    "a",
    "?",
    "{a,b}",
    "{a,b/a}",
    "!(a)",
    "*.csv",
    ".h",
    "[ab]",
    "node_modules",
    ".*",
  );
  const globs = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => ["*", ...segments].join("/"));
  await fc.assert(
    fc.asyncProperty(files, globs, async (paths, text) => {
      const root = join(folder.path, "property");
      rmSync(root, { recursive: true, force: true });
      mkdirSync(root);
      for (const path of paths)
        try {
          mkdirSync(dirname(join(root, path)), { recursive: true });
          writeFileSync(join(root, path), "");
        } catch {
          // Another path uses a part of it as a file.
        }
      const glob = parseGlob(text);
      if (!glob) throw new Error(`${text} is not a glob`);
      const mentions = (part: string): boolean => text.includes(part);
      const isAllowed = (path: string): boolean =>
        path
          .split("/")
          .slice(0, -1)
          .every((part) => part !== "node_modules" || mentions("node_modules"));
      const everything = await findFiles(root, { matches: (path) => glob.matches(path), enters: () => true });
      expect(await findFiles(root, glob)).toEqual(everything.filter(isAllowed));
    }),
    { numRuns: 150 },
  );
});
