/** The commands other than `run`: they read the definitions, the store and the log, and run no stage. */
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { callStagebook, documentOf, type CommandEnd } from "../rig/command-rig";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";

// Each command compiles the script again: those that read in this process, the others in processes of their own.
vi.setConfig({ testTimeout: 240_000 });

const script = `
import { writeFileSync } from "node:fs";
import { createPipeline } from "stagebook";
const { stage, param } = createPipeline();
const n = param("n", 3, { min: 1, max: 10, unit: "rows", description: "How many" });
const rows = stage("rows", { n }, ({ n }, { log }) => {
  log.info("made", { n });
  return new Map<string, unknown>([["at", new Date(0)], ["big", 2n ** 70n]]);
});
stage("bytes", () => new Uint8Array([1, 2, 3]));
stage("page", { rows }, (_, { fileOut }) => {
  const path = fileOut("page.html");
  writeFileSync(path, "<p>done");
  return path;
});
`;

let folder: NotebookFolder;
const run = (...args: string[]): Promise<CommandEnd> => callStagebook(args, { cwd: folder.path });

beforeAll(async () => {
  folder = createNotebookFolder({ "s.ts": script });
  const first = await run("run", "s.ts");
  expect(first.code, first.stderr).toBe(0);
});
afterAll(() => folder.remove());

describe("the commands that read a pipeline", () => {
  const run = (...args: string[]): Promise<CommandEnd> => callStagebook(args, { cwd: folder.path });

  test("[S11] plan and explain show what would run and why", async () => {
    const plan = await run("plan", "s.ts", "--set", "n=4");
    expect(plan.stdout.replaceAll(/ \(about.*/g, "")).toBe("run     rows   n 3 → 4\nload    bytes\nmaybe   page   waits for rows\n"); // prettier-ignore
    const document = documentOf(await run("plan", "s.ts", "--set", "n=4", "--target", "bytes", "--json"));
    expect(document).toMatchObject({ stale: 0, rows: [{ stage: "bytes", action: "load" }] });
    expect((await run("explain", "s.ts", "rows", "--set", "n=4")).stdout).toBe("rows is stale: n 3 → 4\n");
    const explained = documentOf(await run("explain", "s.ts", "rows", "--set", "n=4", "--json"));
    expect(explained.reasons).toMatchObject([{ kind: "param", name: "n", before: "3", after: "4" }]);
  });

  test("[A1] audit computes the results again, and says where one differs", async () => {
    const equal = await run("audit", "s.ts", "--all", "--json");
    expect(equal.code, equal.stderr).toBe(0);
    expect(documentOf(equal).stages).toMatchObject(["rows", "bytes", "page"].map((stage) => ({ stage, outcome: "equal" }))); // prettier-ignore
    folder.write("luck.ts", `import { stage } from "stagebook";\nstage("luck", () => [1, Math.random()]);\n`);
    expect((await run("run", "luck.ts")).code).toBe(0);
    const differs = await run("audit", "luck.ts", "--all", "--json");
    expect(differs.code).toBe(5);
    expect(documentOf(differs)).toMatchObject({
      exitCode: 5,
      stages: [{ stage: "luck", outcome: "different", difference: { path: "[1]" } }],
    });
    const { rows } = documentOf(await run("plan", "luck.ts", "--json"));
    expect(rows).toMatchObject([{ stage: "luck", action: "load", notRepeatable: [/./, /second execution/].map((each) => expect.stringMatching(each) as unknown) }]); // prettier-ignore
  });

  test("[P8] params lists values, limits and descriptions", async () => {
    expect((await run("params", "s.ts", "--set", "n=4")).stdout).toBe("n  4  rows  number  (default 3)  How many\n");
    const { params } = documentOf(await run("params", "s.ts", "--json"));
    expect(params).toMatchObject([{ name: "n", value: 3, schema: { minimum: 1, maximum: 10 }, overridden: false }]);
  });

  test("[D4] export writes the graph for Mermaid, for Graphviz and as a picture", async () => {
    expect((await run("export", "mermaid", "s.ts")).stdout).toMatch(/^flowchart TD\n[\s\S]*-->/);
    await run("export", "dot", "s.ts", "-o", "graph.dot");
    expect(folder.read("graph.dot")).toContain('"stage rows" -> "stage page";');
    await run("export", "svg", "s.ts", "-o", "graph.svg");
    expect(folder.read("graph.svg")).toMatch(/^<svg [^]*rows[^]*page[^]*<path [^]*<\/svg>\s*$/);
  });

  test("[D11] get prints a result as JSON or text, and writes bytes and files", async () => {
    const json = await run("get", "s.ts", "rows");
    expect(JSON.parse(json.stdout)).toEqual([
      ["at", "1970-01-01T00:00:00.000Z"],
      ["big", "1180591620717411303424"],
    ]);
    expect((await run("get", "s.ts", "rows", "--as", "text")).stdout).toMatch(/^Map\(2\)/);
    await run("get", "s.ts", "bytes", "--as", "bytes", "-o", "three.bin");
    expect(statSync(join(folder.path, "three.bin")).size).toBe(3);
    await run("get", "s.ts", "page", "--as", "file", "-o", "copy.html");
    expect(folder.read("copy.html")).toBe("<p>done");
    const none = await run("get", "s.ts", "nope");
    expect([none.code, none.stderr.startsWith('stagebook: s.ts has no stored result of stage "nope"')]).toEqual([
      1,
      true,
    ]);
    expect((await run("get", "s.ts", "rows", "--as", "bytes")).code).toBe(2);
  });

  test("[C9] history lists stored results, log prints the log of their run", async () => {
    const { rows } = documentOf(await run("history", "s.ts", "rows", "--json"));
    expect(rows).toMatchObject([{ params: { n: "3" }, pinned: false }]);
    expect((await run("history", "s.ts", "rows")).stdout).toMatch(/^\d{4}-.* n=3\n$/);
    const log = await run("log", "s.ts", "rows");
    expect(log.stdout).toMatch(/^\S+ info {2}rows made n=3\n$/);
    const { records } = documentOf(await run("log", "s.ts", "rows", "--json"));
    expect(records).toMatchObject([{ level: "info", stage: "rows", message: "made", fields: { n: 3 } }]);
  });
});

describe("the maintenance commands of the store", () => {
  test("[C13] verify finds damage and repairs it, gc and clear remove results", async () => {
    expect(documentOf(await run("verify", "--json")).problems).toEqual([]);
    const entries = join(folder.path, ".stagebook", "entries-v1");
    const [entry = ""] = readdirSync(entries, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json")); // prettier-ignore
    writeFileSync(join(entries, entry), "{");
    const damaged = await run("verify");
    expect([damaged.code, damaged.stdout.includes("1 damaged")]).toEqual([1, true]);
    expect((await run("verify", "--repair")).code).toBe(0);
    expect((await run("verify")).code).toBe(0);
    expect(documentOf(await run("gc", "--dry-run", "--max-bytes", "1", "--json"))).toMatchObject({ dryRun: true });
    expect((await run("run", "s.ts")).code).toBe(0);
    expect(documentOf(await run("gc", "--keep-runs", "1", "--dry-run", "--json"))).toMatchObject({ removedRuns: expect.any(Number) as number, keptRuns: expect.any(Number) as number }); // prettier-ignore
    expect((await run("gc", "--keep-runs", "1")).stdout).toMatch(/^freed .*; kept \d+ results of .* and \d+ runs? of .*\n$/); // prettier-ignore
    expect((await run("gc", "--gone-for", "1", "--dry-run")).stdout).toMatch(/^would free/);
    expect(documentOf(await run("gc", "--gone-for", "1", "--json")).removedNotebooks).toEqual([]);
    expect((await run("clear", "s.ts", "bytes")).stdout).toBe("1 result removed\n");
    expect(documentOf(await run("clear", "s.ts", "--all", "--json")).results).toBe(2);
    expect((await run("plan", "s.ts", "--check")).code).toBe(3);
  });
});
