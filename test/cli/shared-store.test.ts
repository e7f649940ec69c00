/** Two clones of one repository, two users, one shared store, set up as the README says. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { executedBy, documentOf } from "../rig/command-rig";
import { createClones, makeKeys, script } from "./clones";

// Each command compiles the cells again, in its own process.
vi.setConfig({ testTimeout: 240_000 });

describe("two clones and a shared store", () => {
  const [secretKey, publicKey] = makeKeys();
  let shared: string;
  const { clone, run, remove } = createClones(() => ({ STAGEBOOK_SHARED_STORE: shared }));
  beforeAll(() => {
    shared = mkdtempSync(join(tmpdir(), "stagebook-shared-"));
  });
  afterAll(() => {
    remove();
    rmSync(shared, { recursive: true, force: true });
  });

  test("[C19] the second clone loads every result without running, and a changed helper runs what depends on it", async () => {
    const [first, second] = [clone(), clone()];
    const made = await run(first, secretKey);
    expect([made.code, executedBy(made)], made.stderr).toEqual([0, ["apart", "rows", "scaled", "sum"]]);
    expect(executedBy(await run(second, publicKey))).toEqual([]);
    writeFileSync(join(second.path, "s.ts"), script(3));
    expect(executedBy(await run(second, secretKey))).toEqual(["scaled", "sum"]);
    // The branch shares its results, and each clone has its own heads.
    expect(executedBy(await run(first, publicKey))).toEqual([]);
    writeFileSync(join(first.path, "s.ts"), script(3));
    expect(executedBy(await run(first, publicKey))).toEqual([]);
  });

  test("[C19] a user with only the public key reads and does not write; a user with another key trusts nothing", async () => {
    const [reader, stranger, late] = [clone(), clone(), clone()];
    for (const folder of [reader, late]) writeFileSync(join(folder.path, "s.ts"), script(5));
    expect(executedBy(await run(reader, publicKey))).toEqual(["scaled", "sum"]);
    expect(executedBy(await run(late, publicKey))).toEqual(["scaled", "sum"]);
    expect(executedBy(await run(stranger, makeKeys()[1]))).toEqual(["apart", "rows", "scaled", "sum"]);
  });

  test("[X2] a notebook's result comes from the other clone too", async () => {
    const [first, second] = [clone(), clone()];
    expect(documentOf(await run(first, secretKey, "n.ipynb", "--json")).executed).toBe(1);
    expect(documentOf(await run(second, publicKey, "n.ipynb", "--json"))).toMatchObject({
      executed: 0,
      stages: [{ name: "text", outcome: "current" }],
    });
  });
});
