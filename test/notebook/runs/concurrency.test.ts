/** Stages that run in parallel. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

/** In a stage's function: waits until another stage arrives here too, which is only possible when both are running. */
const meet = `await (globalThis as any).meet();`;
const MEETING = `let waiting: (() => void)[] = [];
(globalThis as any).meet = () => new Promise<void>((go) => {
  waiting.push(go);
  if (waiting.length === 2) for (const each of waiting.splice(0)) each();
});`;

describe("parallel stages", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cell("meeting", MEETING);
  });
  afterAll(() => notebook.kernel.stop());

  test("[R1] two independent stages of 1 s wait at the same time", async () => {
    const wait = `await new Promise((done) => setTimeout(done, 1000));`;
    await notebook.cells({
      one: `const one = stage("one", async () => { ${ran("one")} ${wait} return 1; });`,
      two: `const two = stage("two", async () => { ${ran("two")} ${wait} return 2; });`,
      sum: `const sum = stage("sum", { one, two }, ({ one, two }) => { ${ran("sum")} return one + two; });`,
    });
    const events = await notebook.during(async () => {
      expect(await notebook.read("await sum()")).toBe("3");
    });
    const at = (type: "stage:running" | "stage:succeeded", stage: string): number =>
      events.findIndex((event) => event.type === type && event.stage === stage);
    const begun = Math.max(at("stage:running", "one"), at("stage:running", "two"));
    expect(begun).toBeLessThan(Math.min(at("stage:succeeded", "one"), at("stage:succeeded", "two")));
  });

  test("[R1] identical work requested several times at once runs once", async () => {
    const body = `{ ${ran("only")} await new Promise((done) => setTimeout(done, 50)); return 5; }`;
    await notebook.cell("only", `const only = stage("only", async () => ${body});`);
    expect(
      await notebook.executed(async () => {
        const { stdout } = await notebook.cell("x", "console.log(await Promise.all([only(), only(), only()]));");
        expect(stdout).toBe("[ 5, 5, 5 ]\n");
      }),
    ).toEqual(["only"]);
  });

  test("[R1] equal code with equal inputs under two names is one computation", async () => {
    const body = `{ ${ran("either")} await new Promise((done) => setTimeout(done, 50)); return "same"; }`;
    await notebook.cells({
      sameA: `const sameA = stage("sameA", async () => ${body});`,
      sameB: `const sameB = stage("sameB", async () => ${body});`,
    });
    const events = await notebook.during(() =>
      notebook.cell("x", `await pipeline.run({ target: ["sameA", "sameB"] });`),
    );
    expect(events.filter((event) => event.type === "stage:running")).toHaveLength(1);
    expect(events.filter((event) => event.type === "stage:shared")).toHaveLength(1);
    expect([notebook.status("sameA"), notebook.status("sameB")]).toEqual(["fresh", "fresh"]);
  });

  test("[R1] jobs: 1 runs stages one after another", async () => {
    const step = (name: string): string =>
      `const ${name} = stage("${name}", async () => { const g = globalThis as any; g.most = Math.max(g.most ?? 0, (g.now = (g.now ?? 0) + 1)); await new Promise((done) => setTimeout(done, 20)); g.now--; return "${name}"; });`;
    await notebook.cells({ j1: step("j1"), j2: step("j2"), j3: step("j3") });
    await notebook.cell("x", `await pipeline.run({ target: ["j1", "j2", "j3"], jobs: 1 });`);
    expect(await notebook.read("(globalThis as any).most")).toBe("1");
  });

  test("[O4] console.log in parallel stages is attributed to the right stage", async () => {
    const talk = (name: string): string =>
      `for (let i = 0; i < 3; i++) { ${meet} console.log("${name}", i); } await say("${name}");`;
    await notebook.cells({
      say: `const say = async (who: string) => { await null; console.warn("help for", who); };`,
      left: `const left = stage("left", async () => { ${talk("left")} return 1; });`,
      right: `const right = stage("right", async () => { ${talk("right")} process.stdout.write("raw right\\n"); return 2; });`,
    });
    const before = notebook.view.log.length;
    const { text } = await notebook.cell("x", `await pipeline.run({ target: ["left", "right"] });`);
    const lines = notebook.view.log.slice(before).filter((record) => record.source === "console");
    const of = (stage: string): string[] =>
      lines
        .filter((line) => line.stage === stage && line.cell === stage)
        .map((line) => `${line.level} ${line.message}`);
    expect(of("left")).toEqual(["info left 0", "info left 1", "info left 2", "warn help for left"]);
    expect(of("right")).toEqual([
      "info right 0",
      "info right 1",
      "info right 2",
      "warn help for right",
      "info raw right",
    ]);
    expect(lines).toHaveLength(9);
    for (const line of lines) expect(text).toContain(`${line.message}\n`);
  });

  test("[O4] a stage writes into the cell that started it, also after that cell has ended", async () => {
    await notebook.cell(
      "slow",
      `const slow = stage("slow", async () => { await new Promise((go) => ((globalThis as any).go = go)); console.log("from slow"); return 1; });`,
    );
    const first = await notebook.cell("starter", "void slow().then(() => undefined); 1;");
    await notebook.kernel.until((_events, view) => view.stages.slow?.status === "running", "slow runs");
    const second = await notebook.cell("next", `(globalThis as any).go(); await slow(); console.log("second");`);
    expect(first.stdout).toContain("from slow\n");
    expect(second.stdout).toBe("second\n");
  });
});
