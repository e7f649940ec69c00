/** Who may read the files of a store. */
import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPipelineWithInternals } from "../../../kernel-lib/src/pipeline";
import { RunOverrides } from "../../../kernel-lib/src/run/state/run-overrides";
import { openStore } from "../../../kernel-lib/src/store/open-store";

let folder: string;
let umask: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stagebook-access-"));
  umask = process.umask(0o022);
});
afterEach(() => {
  process.umask(umask);
  rmSync(folder, { recursive: true });
});

/** Everything below a folder, and the folder itself, with its mode. */
function modes(path: string): readonly { readonly path: string; readonly mode: number; readonly isFolder: boolean }[] {
  const all = [path, ...readdirSync(path, { recursive: true, encoding: "utf8" }).map((name) => join(path, name))];
  return all.flatMap((each) => {
    const stats = lstatSync(each);
    return stats.isSymbolicLink() ? [] : [{ path: each, mode: stats.mode & 0o777, isFolder: stats.isDirectory() }];
  });
}

async function work(environment: Readonly<Record<string, string>>): Promise<void> {
  const context = { environment, folder, notebook: { file: join(folder, "n.ts") }, usesSavedParams: true, overrides: RunOverrides.none, onPipeline: () => undefined }; // prettier-ignore
  const { pipeline, internals } = createPipelineWithInternals({}, () => undefined, context);
  const n = pipeline.param("n", 1);
  const password = pipeline.param("password", "", { secret: true });
  pipeline.stage("rows", { n }, ({ n }) => Array.from({ length: 50_000 }, (_, at) => at * n));
  pipeline.stage("stream", { n }, function* ({ n }) { for (let at = 0; at < 300; at++) yield at * n; }); // prettier-ignore
  pipeline.stage("page", { n }, (_inputs, { fileOut }) => {
    const file = fileOut("page.html");
    writeFileSync(file, "<p>");
    return file;
  });
  pipeline.stage("login", { password }, ({ password }) => password.length);
  n.set(2);
  password.set("a-long-password");
  await pipeline.run();
  await internals.runsWritten();
  await pipeline.gc({});
}

describe.skipIf(process.platform === "win32")("[C23] the files of a store", () => {
  test("only the user may read them, whatever the umask is", async () => {
    process.umask(0);
    await work({});
    const found = modes(join(folder, ".stagebook"));
    expect(found.length).toBeGreaterThan(15);
    expect(found.filter(({ mode }) => (mode & 0o077) !== 0)).toEqual([]);
    expect(found.filter(({ mode, isFolder }) => mode !== (isFolder ? 0o700 : 0o600) && mode !== 0o400)).toEqual([]);
  });

  test("a setting says otherwise", async () => {
    process.umask(0o022);
    await work({ STAGEBOOK_STORE_ACCESS: "shared" });
    const found = modes(join(folder, ".stagebook")).filter(({ path }) => !/[\\/](params|scratch)([\\/]|$)/.test(path));
    expect(found.filter(({ mode }) => (mode & 0o044) === 0)).toEqual([]);
    // What a user has set is the user's own in any case.
    const own = modes(join(folder, ".stagebook", "params")).slice(1);
    expect(own.filter(({ mode }) => (mode & 0o077) !== 0)).toEqual([]);
  });

  test("a store that is shared can be read by those who share it, and is private on request", async () => {
    process.umask(0o022);
    await work({ STAGEBOOK_SHARED_STORE: "team", STAGEBOOK_TRUST_KEY: "none" });
    expect(modes(join(folder, "team")).some(({ mode, isFolder }) => !isFolder && (mode & 0o044) === 0o044)).toBe(true);
    await work({ STAGEBOOK_SHARED_STORE: "mine", STAGEBOOK_TRUST_KEY: "none", STAGEBOOK_STORE_ACCESS: "private" });
    expect(modes(join(folder, "mine")).filter(({ mode }) => (mode & 0o077) !== 0)).toEqual([]);
  });

  test("another value is refused", () => {
    const open = (): unknown => openStore({ choice: undefined, environment: { STAGEBOOK_STORE_ACCESS: "everyone" }, folder, notebook: "n", now: Date.now, onProblem: () => undefined }); // prettier-ignore
    expect(open).toThrow(/STAGEBOOK_STORE_ACCESS is "everyone"/);
  });
});
