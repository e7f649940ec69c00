/** What changes while no cell is executed: files, deleted cells, an interrupted stream. */
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StaleNotebook } from "../../rig/kernel/stale-notebook";

let notebook: StaleNotebook;
beforeAll(async () => {
  notebook = await StaleNotebook.open({});
});
afterAll(() => notebook.kernel.stop());

const write = (name: string, text: string): void => {
  const file = path.join(notebook.kernel.cwd, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
};
const becomes = (stage: string, status: string): Promise<void> =>
  notebook.kernel.until((_, view) => view.stages[stage]?.status === status, `${stage} is ${status}`, 2_000);

describe("files on disk", () => {
  test("[S8] one that a stage declares: a change is noticed within two seconds, without any cell", async () => {
    write("declared.txt", "one");
    await notebook.begin({
      show: `const text = stage("text", { f: file("declared.txt") }, ({ f }) => f.text()); console.log(await text());`,
    });
    write("declared.txt", "two, longer");
    await becomes("text", "stale");
    await notebook.kernel.until((_, view) => view.cells.show?.status === "stale", "the cell is stale");
    await notebook.runStale();
    expect(notebook.outputs.get("show")).toBe("two, longer\n");
    fs.rmSync(path.join(notebook.kernel.cwd, "declared.txt"));
    await becomes("text", "stale");
  });

  test("[V1] one that a stage was seen to read, and one whose absence it was seen to notice", async () => {
    write("seen.txt", "one");
    await notebook.begin({
      seen: `const seen = stage("seen", () => fs.readFileSync("seen.txt", "utf8")); await seen();`,
      absent: `const absent = stage("absent", () => fs.existsSync("absent.txt")); await absent();`,
    });
    write("seen.txt", "two, longer");
    await becomes("seen", "stale");
    write("absent.txt", "");
    await becomes("absent", "stale");
  });

  test("[S8] a file that is added to a folder, also deep in it", async () => {
    write("data/a/b/one.csv", "1");
    await notebook.begin({
      count: `const count = stage("count", { f: files("data/**/*.csv") }, ({ f }) => f.length); await count();`,
    });
    write("data/a/b/two.csv", "2");
    await becomes("count", "stale");
    await notebook.runStale();
    expect(notebook.kernel.view.stages.count?.result?.summary).toBe("2");
  });
});

describe("a deleted cell", () => {
  test("[U2] its stages and parameters leave the graph at once, and its readers are stale", async () => {
    await notebook.begin({
      p: `const p = param("p", 1);`,
      gone: `const gone = stage("gone", { p }, ({ p }) => p); const kept = 3;`,
      reader: `console.log(await gone());`,
      uses: `console.log(kept);`,
    });
    await notebook.remove("gone");
    await notebook.remove("p");
    expect(notebook.kernel.view.stages.gone).toBeUndefined();
    expect(notebook.kernel.view.params.p).toBeUndefined();
    expect(notebook.mark("reader")?.reasons).toContain("gone no longer exists");
    expect(notebook.mark("uses")?.caveats?.join()).toMatch(/variable kept comes from no cell of this notebook/);
    expect(notebook.kernel.view.cells.gone).toBeUndefined();
  });
});

describe("an interrupt", () => {
  test("[R10] leaves the readers of a stream ready to run again, not blocked", async () => {
    await notebook.begin({
      slow: `const slow = stage("slow", async function* () { for (let i = 0; i < 1000; i++) { yield i; await new Promise((next) => setTimeout(next, 20)); } });`,
      reads: `const reads = stage("reads", { slow }, async ({ slow }) => { let n = 0; for await (const _ of slow) n++; return n; });`,
    });
    const cell = notebook.kernel.run("await reads();", { cell: "x" });
    await notebook.kernel.until((_, view) => view.stages.reads?.status === "running", "the reader runs");
    await notebook.kernel.command({ type: "cancel" });
    expect((await cell).ok).toBe(false);
    await notebook.kernel.command({ type: "sync" });
    expect(notebook.kernel.view.stages.slow?.status).toBe("cancelled");
    expect(["new", "pending", "stale", "cancelled"]).toContain(notebook.kernel.view.stages.reads?.status);
  });
});

describe("advice", () => {
  test("[U2] names the variable that holds a stage, or says how to run it by its name", async () => {
    await notebook.begin({
      held: `const tidy = stage("clean/filtered", () => 1); tidy;`,
      free: `stage("my stage!", () => 1);`,
      load: `await tidy.load().catch((error) => console.log(error.advice));`,
    });
    expect(notebook.outputs.get("held")).toMatch(/to run it: await tidy\(\)/);
    expect(notebook.outputs.get("load")).toMatch(/Run it: await tidy\(\)\./);
    await notebook.kernel.run(`console.log(pipeline)`);
    const shown = await notebook.kernel.run(
      `(() => { const list = [stage("free one", () => 1)]; console.log(list[0]); })()`,
      { cell: "y" },
    );
    expect(shown.text).toMatch(/to run it: await pipeline\.run\(\{ target: "free one" \}\)/);
  });
});
