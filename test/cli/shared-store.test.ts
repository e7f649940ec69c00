/** Two clones of one repository, two users, one shared store: as the README sets it up. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { bodiesOf, documentOf, stagebook, type CommandEnd } from "../rig/command-rig";
import { encodeNotebook } from "../rig/notebook-file";
import { createNotebookFolder, repository, type NotebookFolder } from "../rig/notebook-folder";

// Each command compiles the cells anew, in a process of its own.
vi.setConfig({ testTimeout: 240_000 });

const script = (factor: number): string => `
import { stage } from "stagebook";
const scale = (value: number): number => value * ${factor};
const rows = stage("rows", () => Array.from({ length: 5 }, (_, at) => at));
const scaled = stage("scaled", { rows }, ({ rows }) => rows.map(scale));
stage("sum", { scaled }, ({ scaled }) => scaled.reduce((total, value) => total + value, 0));
stage("apart", () => "apart");
`;
const cells = [
  'import { stage } from "stagebook";',
  'const text = stage("text", () => "from the other clone");',
  "console.log(await text());",
];

/** The two keys that the README's own command makes. */
function makeKeys(): readonly [string, string] {
  const readme = readFileSync(join(repository, "README.md"), "utf8");
  const code = /^node -e '(.*)'$/m.exec(readme)?.[1] ?? "";
  const [secret = "", open = ""] = execFileSync(process.execPath, ["-e", code], { encoding: "utf8" }).split("\n");
  return [secret, open];
}

describe("two clones and a shared store", () => {
  const [secretKey, publicKey] = makeKeys();
  const clones: NotebookFolder[] = [];
  let shared: string;
  const clone = (): NotebookFolder => {
    const folder = createNotebookFolder({ "s.ts": script(2), "n.ipynb": encodeNotebook(cells) });
    clones.push(folder);
    return folder;
  };
  const run = (folder: NotebookFolder, key: string, file = "s.ts", ...more: string[]): Promise<CommandEnd> =>
    stagebook(["run", file, ...more], {
      cwd: folder.path,
      env: { STAGEBOOK_SHARED_STORE: shared, STAGEBOOK_TRUST_KEY: key },
    });
  beforeAll(() => {
    shared = mkdtempSync(join(tmpdir(), "stagebook-shared-"));
  });
  afterAll(() => {
    for (const folder of clones) folder.remove();
    rmSync(shared, { recursive: true, force: true });
  });

  test("[C19] the second clone gets every result without running, and a changed helper runs what depends on it", async () => {
    const [first, second] = [clone(), clone()];
    const made = await run(first, secretKey);
    expect([made.code, bodiesOf(made)], made.stderr).toEqual([0, ["apart", "rows", "scaled", "sum"]]);
    expect(bodiesOf(await run(second, publicKey))).toEqual([]);
    writeFileSync(join(second.path, "s.ts"), script(3));
    expect(bodiesOf(await run(second, secretKey))).toEqual(["scaled", "sum"]);
    // The branch gives back what it made, and each clone keeps its own heads.
    expect(bodiesOf(await run(first, publicKey))).toEqual([]);
    writeFileSync(join(first.path, "s.ts"), script(3));
    expect(bodiesOf(await run(first, publicKey))).toEqual([]);
  });

  test("[C19] who has only the public key reads and writes nothing; who has another key believes nothing", async () => {
    const [reader, stranger, late] = [clone(), clone(), clone()];
    for (const folder of [reader, late]) writeFileSync(join(folder.path, "s.ts"), script(5));
    expect(bodiesOf(await run(reader, publicKey))).toEqual(["scaled", "sum"]);
    expect(bodiesOf(await run(late, publicKey))).toEqual(["scaled", "sum"]);
    expect(bodiesOf(await run(stranger, makeKeys()[1]))).toEqual(["apart", "rows", "scaled", "sum"]);
  });

  test("[X2] a notebook's result comes from the other clone too", async () => {
    const [first, second] = [clone(), clone()];
    expect(documentOf(await run(first, secretKey, "n.ipynb", "--json")).bodies).toBe(1);
    expect(documentOf(await run(second, publicKey, "n.ipynb", "--json"))).toMatchObject({
      bodies: 0,
      stages: [{ name: "text", outcome: "current" }],
    });
  });
});
