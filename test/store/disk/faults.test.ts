/** The disk store on a file system that fails. */
import { mkdir, mkdtemp, readdir, rm, writeFile, chmod } from "node:fs/promises";
import * as realFiles from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { StagebookError } from "../../../kernel-lib/src/protocol";
import type { DiskStore } from "../../../kernel-lib/src/store/disk/store";
import { createDiskStore } from "../../../kernel-lib/src/store/disk/store";
import type { FileSystem } from "../../../kernel-lib/src/store/files/file-system";
import { load, resultOf } from "../contract/entries";

let base: string;
let folder: string;
let folders = 0;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-faults-"))));
afterAll(async () => rm(base, { recursive: true, force: true, maxRetries: 5 }));
beforeEach(() => (folder = join(base, String(folders++), ".stagebook")));

const head = { notebook: "analysis/quakes.ipynb", stage: "cleanRows" };
const one = resultOf("one", { rows: [1, 2, 3] });
const two = resultOf("two", { rows: ["a", "b"] });

function open(fileSystem?: FileSystem): DiskStore {
  return createDiskStore({ folder, onProblem: () => undefined, fileSystem });
}

describe("[Y1] failures while writing", () => {
  const operations = ["open", "rename", "mkdir"] as const;
  test.each(["ENOSPC", "EACCES", "EROFS", "EMFILE", "EIO"])(
    "[Y1] %s is an error that names the folder and what to do",
    async (code) => {
      for (const operation of operations) {
        const store = open(failingIn(operation, code));
        const error = await store.commit(head, one.entry, one.blobs).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(StagebookError);
        const { code: kind, message, advice, cause } = error as StagebookError;
        expect([
          kind,
          message.includes(folder),
          message.includes(code),
          advice.length > 10,
          (cause as { code: string }).code,
        ]).toEqual(["store-write", true, true, true, code]);
      }
    },
  );

  test("[C12] each operation of a commit failing in turn never leads to a wrong value, and the next commit works", async () => {
    const begin = open();
    await begin.commit(head, two.entry, two.blobs);
    await begin.settled();
    let failed = 0;
    for (let at = 0; at < 60; at++) {
      const faulty = open(failingAt(at));
      const error = await faulty.commit(head, one.entry, one.blobs).then(() => undefined, (thrown: unknown) => thrown); // prettier-ignore
      await faulty.settled();
      if (error) failed++;
      if (error) expect(error).toMatchObject({ code: "store-write" });
      const store = open();
      expect(await load(store, one)).toEqual(error ? "nothing" : one.value);
      expect(await load(store, two)).toEqual(two.value);
      expect((await readdir(folder, { recursive: true })).filter((file) => file.includes(".tmp-"))).toEqual([]);
      await store.commit(head, one.entry, one.blobs);
      expect(await load(store, one)).toEqual(one.value);
      await store.clear(head);
      await store.commit(head, two.entry, two.blobs);
      await store.settled();
    }
    expect(failed).toBeGreaterThan(8);
  });

  test.skipIf(process.getuid?.() === 0)("[Y1] a folder that is not writable", async () => {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o500);
    await expect(open().commit(head, one.entry, one.blobs)).rejects.toMatchObject({ code: "store-write" });
  });

  test("[Y1] a file where the folder should be", async () => {
    await mkdir(dirname(folder), { recursive: true });
    await writeFile(folder, "");
    await expect(open().commit(head, one.entry, one.blobs)).rejects.toMatchObject({ code: "store-write" });
    expect(await open().findEntry(one.entry.key)).toBeUndefined();
  });

  test("[Y1] a store of a newer format is not changed, with a clear error", async () => {
    const { encodeRecord } = await import("../../../kernel-lib/src/store/records/entry-record");
    await open().commit(head, one.entry, one.blobs);
    await writeFile(join(folder, "format.json"), encodeRecord(["format"], { format: 99 }));
    const store = open();
    for (const work of [
      () => store.findEntry(one.entry.key),
      () => store.commit(head, two.entry, two.blobs),
      () => store.partials(),
      () => store.clear(head),
    ]) {
      await expect(work()).rejects.toMatchObject({
        code: "store-format",
        advice: `Update stagebook (npm install stagebook@latest), or set STAGEBOOK_STORE to another folder.`,
      });
    }
  });
});

test("[C12] a commit that could not write the link in latest/ ends only when none of its operations is in progress", async () => {
  const busy = new Set<string>();
  const fileSystem: FileSystem = {
    ...realFiles,
    writeFile: (path, text) =>
      typeof path === "string" && path.includes("latest")
        ? Promise.reject(failure("EIO"))
        : realFiles.writeFile(path, text),
    symlink: async (target, path) => {
      busy.add(String(path));
      await new Promise((resolve) => setImmediate(resolve));
      await realFiles.symlink(target, path);
    },
    rename: async (from, to) => {
      if (busy.has(String(from))) await new Promise((resolve) => setImmediate(resolve));
      await realFiles.rename(from, to);
      busy.delete(String(from));
    },
  };
  await open(fileSystem).commit(head, one.entry, one.blobs);
  expect(busy.size).toBe(0);
});

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: no luck`), { code });
}

/** One operation always fails; reading works. */
function failingIn(operation: "open" | "rename" | "mkdir", code: string): FileSystem {
  const fail = (...args: readonly unknown[]) =>
    args[1] === "r" ? realFiles.open(String(args[0]), "r") : Promise.reject(failure(code));
  return { ...realFiles, [operation]: fail };
}

/** The operation with this number fails, counted over everything that writes; those before and after it work. */
function failingAt(number: number): FileSystem {
  let count = 0;
  const once = <T>(work: () => Promise<T>): Promise<T> =>
    count++ === number ? Promise.reject(failure("ENOSPC")) : work();
  return {
    ...realFiles,
    open: async (path, flags, mode) => {
      const file = await (flags === "r"
        ? realFiles.open(path, flags, mode)
        : once(() => realFiles.open(path, flags, mode)));
      const [write, sync] = [file.write.bind(file), file.sync.bind(file)] as const;
      file.sync = () => once(sync);
      if (flags !== "r")
        Object.assign(file, { write: (...args: Parameters<typeof write>) => once(() => write(...args)) });
      return file;
    },
    rename: (from, to) => once(() => realFiles.rename(from, to)),
    mkdir: ((path: string, options: object) => once(() => realFiles.mkdir(path, options))) as typeof realFiles.mkdir,
  };
}
