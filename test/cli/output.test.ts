/** What commands write: where it cannot be written, over their own inputs, with control characters in it. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { callStagebook, documentOf, stagebook, type CommandEnd } from "../rig/command-rig";
import { encodeNotebook } from "../rig/kernel/notebook-file";
import { python } from "../../.dev/lib/project.mjs";
import { createNotebookFolder, repository, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { part } from "../rig/part";

vi.setConfig({ testTimeout: 240_000 });

const ESC = "\u001b";
/** Names and texts that would do something in a terminal: colors, a title, the cursor, a C1 control, a direction. */
const nasty = `${ESC}[31mred${ESC}]0;title\u0007\u009b2J\rover\u202ereversed`;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/; // eslint-disable-line no-control-regex

const script = `
import { createPipeline } from "stagebook";
const { stage, param } = createPipeline();
const n = param("n", 1);
const name = ${JSON.stringify(nasty)};
const label = param("label " + name, name);
const one = stage("one", { n }, ({ n }) => n);
const named = stage(name, { n, label }, ({ label }, { log }) => { log.warn(name, { [name]: name }); return label; });
const page = stage("page", async (_inputs, { fileOut }) => { await fileOut("page.html").writeText("<p>"); return 1; });
await one(); await named();
`;

let folder: NotebookFolder;
const run = (...args: string[]): Promise<CommandEnd> => callStagebook(args, { cwd: folder.path });
beforeAll(async () => {
  folder = createNotebookFolder({
    "s.ts": script.replace(/const page.*\n/, ""),
    "p.json": '{ "n": 2 }',
    "n.ipynb": encodeNotebook(['import { stage, show } from "stagebook";', 'const one = stage("one", () => 1);\nshow(await one());']), // prettier-ignore
  });
  const end = await run("run", "s.ts");
  expect(end.code, end.stderr).toBe(0);
  await run("run", "n.ipynb");
});
afterAll(() => folder.remove());

describe.skipIf(!existsSync("/dev/full"))("[Y8] output that cannot be written is exit code 1 and one sentence", () => {
  const commands = [
    ["get", "s.ts", "one"],
    ["export", "svg", "s.ts"],
    ["run", "s.ts", "--json"],
    ["run", "s.ts"],
    ["params", "s.ts"],
    ["log", "s.ts", "one", "--all"],
    ["--help"],
  ];
  test.each(part(commands, 4).map((args) => [args]))("to standard output: %s", (args) => {
    const program = join(repository, "node_modules", "stagebook", "bin", "stagebook.js");
    const end = spawnSync("sh", ["-c", '"$0" "$@" > /dev/full', process.execPath, program, ...args], { cwd: folder.path, encoding: "utf8", env: { ...process.env, VITEST: undefined, NODE_OPTIONS: undefined } }); // prettier-ignore
    expect(end.status).toBe(1);
    const lines = end.stderr.trim().split("\n").filter((line) => !line.startsWith("warn: ")); // prettier-ignore
    expect(lines.at(-1)).toMatch(/^stagebook: the output could not be written: .*(ENOSPC|no space left)/);
    expect(end.stderr).not.toMatch(/^\s+at /m);
  });

  test("a reader that closes its end is not a failure", () => {
    const program = join(repository, "node_modules", "stagebook", "bin", "stagebook.js");
    const end = spawnSync("bash", ["-c", 'set -o pipefail; "$0" "$@" | true; exit "${PIPESTATUS[0]}"', process.execPath, program, "get", "s.ts", "one"], { cwd: folder.path, encoding: "utf8", env: { ...process.env, VITEST: undefined, NODE_OPTIONS: undefined } }); // prettier-ignore
    expect([end.status, end.stderr]).toEqual([0, ""]);
  });

  const refusing: readonly (readonly [what: string, output: string, why: RegExp])[] = [
    ["a full device", "/dev/full", /no space left|ENOSPC/],
    ["a folder", ".", /it is a folder/],
    ["a folder that does not exist", "no/where.txt", /ENOENT/],
    ["a file in place of a folder", "p.json/x", /ENOTDIR/],
  ];
  test.each(part(refusing, 2))("to a file: %s", async (_what, output, why) => {
    for (const args of [
      ["get", "s.ts", "one"],
      ["export", "dot", "s.ts"],
      ["export", "airflow", "s.ts"],
    ]) {
      // prettier-ignore
      const end = await run(...args, "-o", output);
      expect([end.code, end.stderr.trim().split("\n").length]).toEqual([1, 1]);
      expect(end.stderr).toMatch(/^stagebook: .* could not be written: /);
      expect(end.stderr).toMatch(why);
    }
    const saved = await run("run", "n.ipynb", "--save", output);
    expect([saved.code, saved.stderr]).toEqual([1, expect.stringMatching(why)]);
  });

  test("what was there stays whole, and nothing is left beside it", async () => {
    mkdirSync(join(folder.path, "out"), { recursive: true });
    writeFileSync(join(folder.path, "out", "kept.json"), "before");
    expect((await run("get", "s.ts", "one", "-o", "out/kept.json")).code).toBe(0);
    expect(folder.read("out/kept.json")).toBe("1\n");
    symlinkSync("kept.json", join(folder.path, "out", "link.json"));
    expect((await run("export", "dot", "s.ts", "-o", "out/link.json")).code).toBe(0);
    expect(folder.read("out/kept.json")).toMatch(/^digraph/);
    expect(readdirSync(join(folder.path, "out")).sort()).toEqual(["kept.json", "link.json"]);
  });
});

describe("[Y8] a command refuses to overwrite what it reads", () => {
  const overwriting = [
    ["get", "n.ipynb", "one", "-o", "n.ipynb"],
    ["get", "n.ipynb", "one", "-o", "./x/../n.ipynb"],
    ["get", "n.ipynb", "one", "-o", "hard.ipynb"],
    ["get", "n.ipynb", "one", "-o", "soft.ipynb"],
    ["export", "mermaid", "s.ts", "-o", "s.ts"],
    ["export", "svg", "s.ts", "--params", "p.json", "-o", "p.json"],
    ["export", "airflow", "n.ipynb", "-o", "n.ipynb"],
    ["run", "n.ipynb", "--params", "p.json", "--save", "p.json"],
  ];
  test.each(part(overwriting, 4).map((args) => [args]))("%s", async (args) => {
    if (!existsSync(join(folder.path, "hard.ipynb"))) {
      linkSync(join(folder.path, "n.ipynb"), join(folder.path, "hard.ipynb"));
      symlinkSync("n.ipynb", join(folder.path, "soft.ipynb"));
    }
    const before = ["n.ipynb", "s.ts", "p.json"].map((name) => folder.read(name));
    const end = await run(...args);
    expect([end.code, end.stderr]).toEqual([2, expect.stringMatching(/would be overwritten\. Pass another output file\.\n$/)]); // prettier-ignore
    expect(["n.ipynb", "s.ts", "p.json"].map((name) => folder.read(name))).toEqual(before);
  });

  test("a notebook may be saved in place, unless it was edited meanwhile", async () => {
    expect((await run("run", "n.ipynb", "--save", "n.ipynb")).code).toBe(0);
    expect(folder.read("n.ipynb")).toContain('"output_type"');
    const edits = `import { writeFileSync } from "node:fs";\nwriteFileSync("edited.ipynb", "{}");`;
    writeFileSync(join(folder.path, "edited.ipynb"), encodeNotebook([edits]));
    const end = await callStagebook(["run", "edited.ipynb", "--save", "edited.ipynb"], { cwd: folder.path, entersFolder: true }); // prettier-ignore
    expect([end.code, end.stderr]).toEqual([1, expect.stringContaining("edited.ipynb was changed while it was executed")]); // prettier-ignore
    expect(folder.read("edited.ipynb")).toBe("{}");
  });
});

describe("[Y8] control characters are escaped", () => {
  test.each([
    [["run", "s.ts", "--json"]],
    [["run", "s.ts"]],
    [["plan", "s.ts"]],
    [["plan", "s.ts", "--json"]],
    [["params", "s.ts"]],
    [["explain", "s.ts", nasty]],
    [["history", "s.ts", nasty]],
    [["log", "s.ts", nasty]],
    [["log", "s.ts", nasty, "--json"]],
    [["get", "s.ts", nasty]],
    [["get", "s.ts", `no such ${nasty}`]],
    [["audit", "s.ts", "--all"]],
    [["export", "mermaid", "s.ts"]],
    [["export", "dot", "s.ts"]],
    [["export", "svg", "s.ts"]],
    [["export", "airflow", "s.ts"]],
    [["run", "s.ts", "--set", `label ${nasty}=other`]],
    [["run", `${nasty}.ipynb`]],
  ])("%j", async (args) => {
    const { stdout, stderr } = await run(...args);
    expect(stdout + stderr).not.toBe("");
    expect(stdout + stderr).not.toMatch(CONTROLS);
    if (args.includes("--json")) expect(() => JSON.parse(stdout) as unknown).not.toThrow();
  });

  test("a log line keeps its text, without its colors", async () => {
    expect((await run("log", "s.ts", nasty)).stdout).toContain("red\\u001b]0;title");
  });

  test("the picture is well-formed XML, and names keep their visible characters", async () => {
    const svg = (await run("export", "svg", "s.ts")).stdout;
    const program = "import sys, xml.etree.ElementTree as e; print(''.join(e.fromstring(sys.stdin.buffer.read()).itertext()))"; // prettier-ignore
    const texts = execFileSync(python, ["-c", program], { input: svg, encoding: "utf8" });
    expect(texts).toContain("\\u001b[31mred");
  });
});

test("[S14] two cells with one id are two cells, and a warning says so", async () => {
  const notebook = JSON.parse(encodeNotebook(['import { stage } from "stagebook";', 'const one = stage("one", () => 41);', 'const two = stage("two", { one }, ({ one }) => one + 1);', "console.log(await two());"])) as { cells: { id: string }[] }; // prettier-ignore
  for (const cell of notebook.cells.slice(1, 3)) cell.id = "same";
  writeFileSync(join(folder.path, "ids.ipynb"), JSON.stringify(notebook));
  const end = await run("run", "ids.ipynb", "--json");
  expect(end.code, end.stderr).toBe(0);
  expect(documentOf(end)).toMatchObject({ executed: 2, cells: [{}, { id: "same" }, { id: "same-2" }, {}] });
  expect(end.stderr).toMatch(/^warn: two cells of ids\.ipynb have the id "same"/m);
});

describe("[Y2] what is wrong in the environment or in a document of parameters", () => {
  test.each([
    [{ STAGEBOOK_TRUST_KEY: "short" }, /too short/],
    [{ STAGEBOOK_TRUST_NAME: "team" }, /STAGEBOOK_TRUST_KEY is not set/],
    [{ STAGEBOOK_MAX_BYTES: "10 parsecs" }, /not a valid size/],
    [{ STAGEBOOK_SHARED_READONLY: "maybe" }, /not a boolean/],
    [{ STAGEBOOK_AUDIT: "often" }, /STAGEBOOK_AUDIT/],
    [{ STAGEBOOK_STORE: "ftp://x/y" }, /no store can be opened/],
    [{ STAGEBOOK_SHARED_STORE: "s3://Bad_Name" }, /not a valid S3 location/],
  ])("%j is a usage error", async (environment, why) => {
    for (const args of [
      ["run", "n.ipynb"],
      ["plan", "s.ts"],
      ["get", "s.ts", "one"],
      ["gc"],
      ["verify"],
      ["clear", "s.ts", "one"],
    ]) {
      // prettier-ignore
      const end = await callStagebook(args, { cwd: folder.path, environment });
      expect([args, end.code, end.stderr]).toEqual([args, 2, expect.stringMatching(why)]);
    }
  });

  test.each(["__proto__", "constructor", "toString"])("a parameter %s that does not exist is named", async (name) => {
    writeFileSync(join(folder.path, "odd.json"), `{ "n": 1, "${name}": { "n": 5 } }`);
    for (const more of [
      ["--params", "odd.json"],
      ["--set", `${name}=1`],
    ]) {
      const end = await run("run", "s.ts", ...more);
      expect([end.code, end.stderr]).toEqual([2, expect.stringContaining(`parameter "${name}" does not exist`)]);
    }
  });
});

test.skipIf(process.platform === "win32")("[R10] Ctrl-C prints no stack", async () => {
  writeFileSync(join(folder.path, "waits.ipynb"), encodeNotebook(['import { stage } from "stagebook";', 'console.log("begun");\nawait new Promise(() => undefined);'])); // prettier-ignore
  let isSent = false;
  const end = await stagebook(["run", "waits.ipynb"], {
    cwd: folder.path,
    watch: (child, stdout) => {
      if (!isSent && stdout.includes("begun")) child.kill("SIGINT");
      isSent ||= stdout.includes("begun");
    },
  });
  expect(end.code).toBe(130);
  expect(end.stderr.trim()).toBe("stopping; repeat to exit immediately");
});
