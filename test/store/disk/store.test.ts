/** What is specific to the disk store: its layout, damage, leftovers and other processes. */
import { existsSync } from "node:fs";
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import * as realFiles from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RunId } from "../../../kernel-lib/src/protocol";

import { v8Codec } from "../../../kernel-lib/src/store/codecs/v8-codec";
import type { DiskStore } from "../../../kernel-lib/src/store/disk/store";
import { createDiskStore } from "../../../kernel-lib/src/store/disk/store";
import type { FileSystem } from "../../../kernel-lib/src/store/files/file-system";
import { hostTag, processTag } from "../../../kernel-lib/src/store/records/process-tag";
import { blobOf, load, resultOf, rowOf } from "../contract/entries";

let base: string;
let folder: string;
let folders = 0;
let warnings: { readonly message: string; readonly where: string }[];
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-disk-"))));
afterAll(async () => rm(base, { recursive: true, force: true, maxRetries: 5 }));
beforeEach(() => {
  folder = join(base, String(folders++), ".stagebook");
  warnings = [];
});

const head = { notebook: "analysis/quakes.ipynb", stage: "cleanRows" };
const one = resultOf("one", { rows: [1, 2, 3] });
const two = resultOf("two", { rows: ["a", "b"] });

/** A store as another process would open it. */
function open(fileSystem?: FileSystem): DiskStore {
  return createDiskStore({
    folder,
    onProblem: (message, where) => warnings.push({ message, where: relative(folder, where) }),
    fileSystem,
  });
}

async function openWith(...results: readonly (typeof one)[]): Promise<DiskStore> {
  const store = open();
  for (const result of results) await store.commit(head, result.entry, result.blobs);
  await store.settled();
  return store;
}

/** All files below the folder, relative to it, in order. */
async function allFiles(): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((file) => !file.isDirectory()).map((file) => relative(folder, join(file.parentPath, file.name))).sort(); // prettier-ignore
}

describe("[C8] the layout", () => {
  test("[C8] files are in their documented locations", async () => {
    const store = await openWith(one);
    await store.appendRun("run-1" as RunId, ["{}"]);
    const { digest: blob } = blobOf(one.entry);
    expect(await allFiles()).toEqual(
      [
        ".gitignore",
        "format.json",
        `blobs-v1/${blob.slice(0, 2)}/${blob.slice(2)}`,
        `entries-v1/${one.entry.key}.json`,
        "heads/analysis%2fquakes%2eipynb/cleanRows~20",
        `live/${processTag}`,
        "latest/analysis%2fquakes%2eipynb/cleanRows~20",
        "latest/analysis%2fquakes%2eipynb/cleanRows~20.json",
        "runs/run-1.ndjson",
      ].sort(),
    );
    expect(await readFile(join(folder, ".gitignore"), "utf8")).toMatch(/^\*$/m);
  });

  test("[C8] the link in latest/ leads to the newest result, also after an older one is reached again", async () => {
    const store = await openWith(one, two);
    const path = join(folder, "latest/analysis%2fquakes%2eipynb/cleanRows~20");
    expect(v8Codec.decode(await readFile(path))).toEqual(two.value);
    await store.touch(head, rowOf(one));
    await store.latestWritten?.();
    expect(v8Codec.decode(await readFile(path))).toEqual(one.value);
    expect((await readlink(path)).startsWith("..")).toBe(true);
  });

  test("[C9] beside it a human-readable record says what it was computed from", async () => {
    await openWith(one);
    const record = JSON.parse(
      await readFile(join(folder, "latest/analysis%2fquakes%2eipynb/cleanRows~20.json"), "utf8"),
    ) as Record<string, unknown>;
    expect(record).toMatchObject({
      ...head,
      value: "a value",
      codec: "v8",
      params: { min: "4.5" },
      key: one.entry.key,
      madeAt: "2023-11-14T22:13:20.000Z",
    });
    expect(record.madeOf).toEqual(one.entry.parts);
    expect(existsSync(join(folder, "latest/analysis%2fquakes%2eipynb", String(record.blob)))).toBe(true);
  });

  test("[C8] where symbolic links are forbidden, a text file holds the path", async () => {
    const store = open({ ...realFiles, symlink: () => Promise.reject(failure("EPERM")) });
    await store.commit(head, one.entry, one.blobs);
    await store.settled();
    const path = join(folder, "latest/analysis%2fquakes%2eipynb/cleanRows~20");
    expect(v8Codec.decode(await readFile(join(dirname(path), (await readFile(path, "utf8")).trim())))).toEqual(
      one.value,
    );
    expect(warnings).toEqual([]);
  });

  test("[C19] equal values are stored once", async () => {
    const store = await openWith(one);
    await store.commit({ ...head, stage: "other" }, { ...one.entry, key: two.entry.key }, one.blobs);
    expect((await allFiles()).filter((file) => file.startsWith("blobs-v1"))).toHaveLength(1);
  });

  test("[C8] reading and planning create nothing", async () => {
    const store = open();
    await store.findEntry(one.entry.key);
    await store.partials();
    await store.history(head);
    expect(existsSync(folder)).toBe(false);
  });

  test("[C13] clear removes the files", async () => {
    const store = await openWith(one, two);
    expect(await store.clear(head)).toBe(2);
    expect(await allFiles()).toEqual([".gitignore", "format.json", `live/${processTag}`]);
    expect(warnings).toEqual([]);
  });
});

describe("[C11] damage", () => {
  const damages: { readonly [name: string]: (path: string, other: string) => Promise<void> } = {
    "a flipped bit": async (path) => {
      const bytes = await readFile(path);
      bytes[bytes.length >> 1]! ^= 16;
      await writeFile(path, bytes);
    },
    "a flipped bit at the start": async (path) => {
      const bytes = await readFile(path);
      bytes[0]! ^= 1;
      await writeFile(path, bytes);
    },
    truncation: async (path) => truncate(path, Math.floor((await stat(path)).size / 2)),
    emptying: (path) => truncate(path, 0),
    appending: (path) => appendFile(path, "more"),
    deletion: (path) => unlink(path),
    "a folder with its name": async (path) => {
      await unlink(path);
      await mkdir(path);
    },
    "a swap with another's": async (path, other) => {
      await rename(path, `${path}.aside`);
      await rename(other, path);
      await rename(`${path}.aside`, other);
    },
    "a copy of another's": async (path, other) => writeFile(path, await readFile(other)),
    "a link to nowhere": async (path) => {
      await unlink(path);
      await symlink("nowhere", path);
    },
  };

  /** Files of result one, and for each the same file of result two, in another stage. */
  const { digest: blobOfOne } = blobOf(one.entry);
  const { digest: blobOfTwo } = blobOf(two.entry);
  const files: readonly (readonly [string, string])[] = [
    [
      `blobs-v1/${blobOfOne.slice(0, 2)}/${blobOfOne.slice(2)}`,
      `blobs-v1/${blobOfTwo.slice(0, 2)}/${blobOfTwo.slice(2)}`,
    ],
    [`entries-v1/${one.entry.key}.json`, `entries-v1/${two.entry.key}.json`],
    ["heads/n/a", "heads/n/b"],
    ["latest/n/a", "latest/n/b"],
    ["latest/n/a.json", "latest/n/b.json"],
    ["runs/a.ndjson", "runs/b.ndjson"],
  ];
  const cases = files.flatMap(([file, other]) => Object.keys(damages).map((damage) => [damage, file, other] as const));

  test.each(cases)(
    "[C11] %s of %s: a recompute, never a wrong value, never a crash; then everything works again",
    async (damage, file, other) => {
      const a = { notebook: "n", stage: "a" };
      const b = { notebook: "n", stage: "b" };
      const writeAll = async (store: DiskStore): Promise<void> => {
        await store.commit(a, one.entry, one.blobs);
        await store.commit(b, two.entry, two.blobs);
        await store.appendRun("a" as RunId, ['{"run":"a"}']);
        await store.appendRun("b" as RunId, ['{"run":"b"}']);
        await store.settled();
      };
      await writeAll(open());
      await damages[damage]!(join(folder, file), join(folder, other));

      const store = open();
      for (const [result, name] of [
        [one, a],
        [two, b],
      ] as const) {
        // prettier-ignore
        expect([result.value, "nothing"]).toContainEqual(await load(store, result));
        expect([[], [rowOf(result)]]).toContainEqual(await store.history(name));
      }
      // A truncated history looks like one whose last write was interrupted: only history is lost.
      const isTruncatedHead = file === "heads/n/a" && ["truncation", "emptying"].includes(damage);
      const isSilent =
        isTruncatedHead ||
        damage === "deletion" ||
        damage === "a link to nowhere" ||
        damage === "appending" ||
        /^(latest|runs|\.gitignore)/.test(file);
      if (!isSilent) expect(warnings.map(({ where }) => where)).toContain(file);
      expect(new Set(warnings.map(({ where }) => where)).size).toBe(warnings.length);

      if (damage === "a folder with its name") return;
      await writeAll(store);
      const again = open();
      warnings = [];
      expect(await load(again, one)).toEqual(one.value);
      expect(await load(again, two)).toEqual(two.value);
      expect((await again.history(a)).at(-1)).toEqual(rowOf(one));
    },
  );

  test("[C11] a problem is reported once per file, and again after the file was repaired and damaged again", async () => {
    const store = await openWith(one);
    const path = join(folder, `entries-v1/${one.entry.key}.json`);
    for (let round = 1; round <= 2; round++) {
      await truncate(path, 10);
      for (let read = 0; read < 3; read++) expect(await load(store, one)).toBe("nothing");
      expect(warnings).toHaveLength(round);
      await store.commit(head, one.entry, one.blobs);
      expect(await load(store, one)).toEqual(one.value);
    }
  });

  test("[C11] the partial last line of a history is ignored, and the next line is complete", async () => {
    await openWith(one);
    const path = join(folder, "heads/analysis%2fquakes%2eipynb/cleanRows~20");
    const line = (await readFile(path, "utf8")).trim();
    await appendFile(path, `\n${line.slice(0, 60)}`);
    const store = open();
    expect(await store.history(head)).toEqual([rowOf(one)]);
    expect(warnings).toEqual([]);
    await store.touch(head, rowOf(two));
    expect(await store.history(head)).toEqual([rowOf(one), rowOf(two)]);
    expect(await open().history(head)).toEqual([rowOf(one), rowOf(two)]);
  });

  test("[C11] a record that is well-formed JSON of another shape is not an entry", async () => {
    const { encodeRecord } = await import("../../../kernel-lib/src/store/records/entry-record");
    const store = await openWith(one);
    for (const record of [
      null,
      [],
      {},
      { ...one.entry, output: null },
      { ...one.entry, format: 2 },
      { ...one.entry, key: two.entry.key },
      { ...one.entry, params: { a: 1 } },
    ]) {
      await writeFile(join(folder, `entries-v1/${one.entry.key}.json`), encodeRecord(["entry", one.entry.key], record));
      expect(await store.findEntry(one.entry.key)).toBeUndefined();
    }
  });
});

describe("[R12] several processes on one store", () => {
  test("[R12] rows that one process appends are seen by the other, at once and in order", async () => {
    const [left, right] = [open(), open()];
    await left.commit(head, one.entry, one.blobs);
    expect(await right.history(head)).toEqual([rowOf(one)]);
    await right.commit(head, two.entry, two.blobs);
    expect(await left.history(head)).toEqual([rowOf(one), rowOf(two)]);
    await left.touch(head, rowOf(one));
    expect(await right.history(head)).toEqual([rowOf(two), rowOf(one)]);
    await right.clear(head);
    expect(await left.history(head)).toEqual([]);
    expect((await left.partials()).size).toBe(0);
  });

  test("[R12] clearing one stage while others commit the same values loses no committed result", async () => {
    const [left, right] = [open(), open()];
    for (let round = 0; round < 30; round++) {
      await left.commit(head, one.entry, one.blobs);
      await Promise.all([left.clear(head), right.commit({ ...head, stage: "other" }, one.entry, one.blobs)]);
      expect(await load(right, one)).toEqual(one.value);
      await right.clear({ ...head, stage: "other" });
    }
  });

  test("[C12] leftovers of dead processes and old ones are removed; those of live ones stay", async () => {
    await openWith(one);
    const subfolders = [
      ".",
      "entries-v1",
      `blobs-v1/${blobOf(one.entry).digest.slice(0, 2)}`,
      "heads/analysis%2fquakes%2eipynb",
    ];
    for (const subfolder of subfolders) {
      await writeFile(join(folder, subfolder, `.tmp-${hostTag}-4194999-1-aa`), "of a dead process");
      await writeFile(join(folder, subfolder, `.tmp-${processTag}-aa`), "of this one");
      await writeFile(join(folder, subfolder, ".tmp-00000000-1-1-aa"), "of another machine");
      await writeFile(join(folder, subfolder, ".tmp-00000000-1-1-bb"), "of another machine, old");
      await utimes(join(folder, subfolder, ".tmp-00000000-1-1-bb"), 1, 1);
    }
    expect(await open().sweep()).toBe(8);
    const left = (await allFiles()).filter((file) => file.includes(".tmp-"));
    expect(left).toHaveLength(8);
    expect(left.every((file) => file.endsWith(`${processTag}-aa`) || file.endsWith("00000000-1-1-aa"))).toBe(true);
  });
});

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: no luck`), { code });
}
