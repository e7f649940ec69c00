/** Two clones, several users, one real S3 store with signed results; and the set-up that the guide describes. */
import { execFile } from "node:child_process";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createClones, makeKeys, script } from "../cli/clones";
import { executedBy, linesOf, type CommandEnd } from "../rig/command-rig";
import { blocksOf, readDocument, smallestExample } from "../rig/documents";
import { encodeNotebook } from "../rig/kernel/notebook-file";
import { createNotebookFolder, repository } from "../rig/kernel/notebook-folder";
import { startS3Server, type S3Server } from "../rig/store/s3-server";

vi.setConfig({ testTimeout: 240_000 });

const [secretKey, publicKey] = makeKeys();
let s3: S3Server;
let part: string;
const { clone, run, remove } = createClones(() => ({
  ...s3.environment,
  STAGEBOOK_SHARED_STORE: `s3://${s3.bucket}/${part}`,
}));
beforeAll(async () => (s3 = await startS3Server()));
afterAll(async () => {
  remove();
  await s3.stop();
});

/** Every object, and when it was written. */
function objects(): readonly string[] {
  const names = readdirSync(s3.folder, { recursive: true, encoding: "utf8" });
  return names.flatMap((name) => {
    const found = statSync(join(s3.folder, name));
    return found.isFile() ? [`${name} ${found.mtimeMs} ${found.size}`] : [];
  });
}

/** The warnings of a run that say something of a store. */
function warningsOf(end: CommandEnd): readonly string[] {
  return linesOf(end).flatMap((event) =>
    event.type === "log:written" && event.record.level === "warn" ? [event.record.message] : [],
  );
}

describe("two clones and a shared store in S3", () => {
  test("[C19] the second user gets every result without running, and a changed helper runs what depends on it", async () => {
    part = "branches";
    const [first, second] = [clone(), clone()];
    const made = await run(first, secretKey);
    expect([made.code, executedBy(made)], made.stderr).toEqual([0, ["apart", "rows", "scaled", "sum"]]);
    const got = await run(second, publicKey);
    expect([got.code, executedBy(got), warningsOf(got)]).toEqual([0, [], []]);
    writeFileSync(join(second.path, "s.ts"), script(3));
    expect(executedBy(await run(second, secretKey))).toEqual(["scaled", "sum"]);
    writeFileSync(join(first.path, "s.ts"), script(3));
    expect(executedBy(await run(first, publicKey))).toEqual([]);
    writeFileSync(join(first.path, "s.ts"), script(2));
    expect(executedBy(await run(first, publicKey))).toEqual([]);
  });

  test("[C19] a clone that has only the public key writes nothing", async () => {
    part = "reader";
    await run(clone(), secretKey);
    const before = objects();
    const reader = clone();
    writeFileSync(join(reader.path, "s.ts"), script(5));
    expect(executedBy(await run(reader, publicKey))).toEqual(["scaled", "sum"]);
    expect(objects()).toEqual(before);
    // It reuses its own local results; no other clone receives them.
    expect(executedBy(await run(reader, publicKey))).toEqual([]);
    const late = clone();
    writeFileSync(join(late.path, "s.ts"), script(5));
    expect(executedBy(await run(late, publicKey))).toEqual(["scaled", "sum"]);
  });

  test.each([
    ["another pair's public key", () => makeKeys()[1]],
    ["another pair's secret key", () => makeKeys()[0]],
    ["a secret", () => "a long secret of other people"],
  ])("[C19] with a wrong key, %s, every stage is recomputed, and one warning says why", async (_what, key) => {
    part = "wrong";
    await run(clone(), secretKey);
    const end = await run(clone(), key());
    expect([end.code, executedBy(end)]).toEqual([0, ["apart", "rows", "scaled", "sum"]]);
    expect(warningsOf(end)).toHaveLength(1);
    expect(warningsOf(end)[0]).toMatch(/has an invalid signature|was signed with another scheme/);
  });
});

describe("the guide's set-up of a shared store", () => {
  const guide = readDocument("kernel-lib/docs/guide/7-shared-stores.md");
  const blocks = blocksOf(guide, "sh").filter((block) => block.startsWith("export "));
  const cells = smallestExample();

  /** With the server, bucket and keys of this test in place of the guide's. */
  async function follow(block: string, cwd: string): Promise<string> {
    const {
      AWS_ENDPOINT_URL = "",
      AWS_REGION = "",
      AWS_ACCESS_KEY_ID = "",
      AWS_SECRET_ACCESS_KEY = "",
    } = s3.environment;
    const text = block
      .replace(/^export AWS_.*$/m, `export AWS_REGION=${AWS_REGION} AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID} AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY}`) // prettier-ignore
      .replace("s3://team-results/", `s3://${s3.bucket}/`)
      .replace("ed25519:…", secretKey)
      .replace("ed25519-public:…", publicKey)
      .replaceAll("npx stagebook", `${process.execPath} ${join(repository, "node_modules", "stagebook", "bin", "stagebook.js")}`); // prettier-ignore
    const env = { ...process.env, VITEST: undefined, NODE_OPTIONS: undefined, NODE_ENV: undefined, AWS_ENDPOINT_URL };
    return (await promisify(execFile)("/bin/sh", ["-ec", text], { cwd, env, maxBuffer: 2 ** 24 })).stdout;
  }

  test("[C19] one writes, and the other finds that nothing has to run", async () => {
    expect(blocks.map((block) => block.split("\n").length)).toEqual([4, 5]);
    const folders = blocks.map(() => createNotebookFolder({ "earthquakes.ipynb": encodeNotebook(cells) }));
    try {
      const output = [];
      for (const [at, folder] of folders.entries()) output.push(await follow(blocks[at] ?? "", folder.path));
      expect(output.map((text) => text.includes('"type":"stage:running"'))).toEqual([true, false]);
    } finally {
      for (const folder of folders) folder.remove();
    }
  });
});
