/** Claims, holds and scratch folders of dead processes, on this machine and on others. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DiskStore } from "../../../kernel-lib/src/store/disk/store";
import { createDiskStore } from "../../../kernel-lib/src/store/disk/store";
import { encodeRecord } from "../../../kernel-lib/src/store/records/entry-record";
import { hostTag, isDeadHere, processTag, tagOf } from "../../../kernel-lib/src/store/records/process-tag";
import { bytesOf, newBlob, withBlobs } from "../contract/contract-maintenance";
import { resultOf } from "../contract/entries";

let base: string;
let folder: string;
let folders = 0;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-claims-"))));
afterAll(async () => rm(base, { recursive: true, force: true, maxRetries: 5 }));
beforeEach(() => (folder = join(base, String(folders++))));

const head = { notebook: "n", stage: "s" };
const one = resultOf("one", 1);
const { key } = one.entry;

function open(): DiskStore {
  return createDiskStore({ folder, onProblem: () => undefined });
}

/** The tag of a process that has ended. */
function deadTag(): string {
  return `${hostTag}-${spawnSync(process.execPath, ["-e", ""]).pid}-1`;
}

async function putClaim(tag: string, name: string = key): Promise<void> {
  const holder = { host: "h", pid: 1, notebook: "n", stage: "s", since: 0 };
  await mkdir(join(folder, "claims"), { recursive: true });
  await writeFile(join(folder, "claims", name), encodeRecord(["claim"], { token: `${tag} ${name}`, tag, holder }));
}

/** A process of another machine whose last heartbeat was `silentMs` ago. */
async function putForeign(tag: string, silentMs: number): Promise<void> {
  const path = join(folder, "live", tag);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, ".\n");
  const at = (Date.now() - silentMs) / 1000;
  await utimes(path, at, at);
}

async function isGranted(store: DiskStore): Promise<boolean> {
  return "claim" in (await store.claim(key, head));
}

describe("[R12] process identity", () => {
  test("[R12] this process is alive; one that ended, a zombie, and an earlier one with the same id are dead", async () => {
    expect(isDeadHere(processTag)).toBe(false);
    expect(isDeadHere(tagOf(process.ppid))).toBe(false);
    expect(isDeadHere(deadTag())).toBe(true);
    expect(isDeadHere("00000000-1-1")).toBeUndefined();
    if (process.platform !== "linux") return;
    expect(isDeadHere(`${hostTag}-${process.ppid}-1`)).toBe(true);
    // The shell is replaced by a program that never waits for its child.
    const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
    const pid = Number(await new Promise<Buffer>((resolve) => parent.stdout.once("data", resolve)));
    await expect.poll(() => isDeadHere(`${hostTag}-${pid}-1`)).toBe(true);
    parent.kill("SIGKILL");
  });
});

describe("[R12] the claim of a dead process", () => {
  test("[R12] on this machine it is free at once, for exactly one of many processes that ask", async () => {
    await putClaim(deadTag());
    const stores = Array.from({ length: 16 }, open);
    const granted = await Promise.all(stores.map((store) => isGranted(store)));
    expect(granted.filter(Boolean)).toHaveLength(1);
    expect(await readdir(join(folder, "claims"))).toEqual([key]);
  });

  test("[R12] also when the process that was taking it over was killed", async () => {
    const store = open();
    const dead = deadTag();
    for (let round = 0; round < 3; round++) {
      await putClaim(dead);
      // The mark that the next process would create exists already, left by a killed one.
      await putClaim(dead, await nameOfMark(store));
      await expect.poll(() => isGranted(store)).toBe(true);
      await rm(join(folder, "claims"), { recursive: true });
    }
  });

  test("[R12] on another machine it is free after 5 s without a heartbeat, not before", async () => {
    const tag = "0badcafe-77-abc";
    await putClaim(tag);
    await putForeign(tag, 3000);
    expect(await isGranted(open())).toBe(false);
    await putForeign(tag, 5000);
    expect(await isGranted(open())).toBe(true);
    await putClaim("0badcafe-78-abc");
    expect(await isGranted(open())).toBe(true);
  });

  test("[R12] this process writes heartbeats while its main thread is busy", async () => {
    await open().hold(one.entry);
    const path = join(folder, "live", processTag);
    const before = (await stat(path)).mtimeMs;
    for (const end = performance.now() + 2500; performance.now() < end;);
    expect((await stat(path)).mtimeMs - before).toBeGreaterThan(900);
  });

  test.each(["", "{", '{"check":"no"}', "x".repeat(10_000)])(
    "[R12] an unreadable claim counts as taken, and is free after 5 s",
    async (text) => {
      await mkdir(join(folder, "claims"), { recursive: true });
      const path = join(folder, "claims", key);
      await writeFile(path, text);
      expect(await isGranted(open())).toBe(false);
      await utimes(path, 1, 1);
      expect(await isGranted(open())).toBe(true);
    },
  );

  test("[R12] releasing a claim that another process has taken over does not release theirs", async () => {
    const store = open();
    const mine = await store.claim(key, head);
    await putClaim(tagOf(process.ppid));
    if ("claim" in mine) await mine.claim.release();
    expect(await isGranted(store)).toBe(false);
  });
});

describe("[C12] leftovers", () => {
  test("[C12] files of dead processes are removed; files of live ones stay", async () => {
    const store = open();
    await store.commit(head, one.entry, one.blobs);
    const mine = {
      scratch: await store.scratchFolder(),
      claim: await store.claim(key, head),
      release: await store.hold(one.entry),
    };
    const dead = deadTag();
    await mkdir(join(folder, "scratch", `${dead}-aa`, "deep"), { recursive: true });
    await writeFile(join(folder, "scratch", `${dead}-aa`, "deep", "file"), "left");
    await writeFile(join(folder, "holds", `${key}.${dead}.aa`), "");
    await writeFile(join(folder, "live", dead), ".\n");
    await putClaim(dead, resultOf("two", 2).entry.key);
    expect(await open().sweep()).toBe(4);
    expect([await readdir(join(folder, "live")), (await readdir(join(folder, "holds"))).length]).toEqual([
      [processTag],
      1,
    ]);
    expect([existsSync(mine.scratch), await readdir(join(folder, "scratch"))].flat()).toHaveLength(2);
    expect(await readdir(join(folder, "claims"))).toEqual([key]);
  });

  test("[C12] files that killed maintenance had set aside are restored", async () => {
    const store = open();
    await store.commit(head, one.entry, one.blobs);
    const { rename } = await import("node:fs/promises");
    await rename(
      join(folder, "entries-v1", `${key}.json`),
      join(folder, "entries-v1", `.aside-${deadTag()}-0123456789abcdef-${key}.json`),
    );
    expect(await store.findEntry(key)).toBeUndefined();
    expect(await open().sweep()).toBe(1);
    expect(await store.findEntry(key)).toEqual(one.entry);
    expect(await readdir(join(folder, "entries-v1"))).toEqual([`${key}.json`]);
  });

  test("[C13] holds and puts of dead processes protect nothing; those of other machines do while heartbeats arrive", async () => {
    const store = open();
    await store.commit(head, one.entry, one.blobs);
    const { ref, pieces } = newBlob(bytesOf("put by another"));
    const foreign = "0badcafe-77-abc";
    const path = join(folder, "blobs-v1", ref.digest.slice(0, 2), ref.digest.slice(2));
    for (const [tag, silentMs, isKept] of [
      [deadTag(), 0, false],
      [foreign, 6000, false],
      [foreign, 0, true],
    ] as const) {
      await store.commit(head, one.entry, one.blobs);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, pieces[0]!);
      await mkdir(join(folder, "holds"), { recursive: true });
      await writeFile(join(folder, "holds", `${key}.${tag}.aa`), "");
      await putForeign(tag, silentMs);
      await writeFile(join(folder, "live", tag), `.\n+${ref.digest}\n`);
      await utimes(join(folder, "live", tag), (Date.now() - silentMs) / 1000, (Date.now() - silentMs) / 1000);
      await store.gc({ maxBytes: 0 });
      expect([await store.isWhole(one.entry), await store.isWhole(withBlobs(one.entry, [ref]))]).toEqual([
        isKept,
        isKept,
      ]);
    }
  });
});

/** The name of the mark of the next process that takes over the claim: found by letting its creation fail. */
async function nameOfMark(_store: DiskStore): Promise<string> {
  const realFiles = await import("node:fs/promises");
  let found = "";
  const watching = createDiskStore({
    folder,
    onProblem: () => undefined,
    fileSystem: {
      ...realFiles,
      open: async (path, flags, mode) => {
        if (!path.includes("mark-")) return realFiles.open(path, flags, mode);
        found = path.slice(-69);
        throw Object.assign(new Error("EIO"), { code: "EIO" });
      },
    },
  });
  await watching.claim(key, head);
  return found;
}
