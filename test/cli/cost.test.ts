/** What a run costs, before it runs. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { callStagebook, documentOf, stagebook, type CommandEnd } from "../rig/command-rig";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";

vi.setConfig({ testTimeout: 240_000 });

const script = `
import { each, param, stage } from "stagebook";
const n = param("n", 100);
const bad = param("bad", -1, { tracked: false });
const items = stage("items", { n }, ({ n }) => Array.from({ length: n }, (_, at) => at));
const score = each("score", items, { bad }, async (at: number, { bad }) => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  if (at === bad) throw new Error("bad item");
  return at * 2;
}, { scale: { rangeSeconds: 1 } });
stage("last", { score }, () => "last");
`;

let folder: NotebookFolder;
beforeAll(() => (folder = createNotebookFolder({ "s.ts": script })));
afterAll(() => folder.remove());

const run = (...args: string[]): Promise<CommandEnd> =>
  callStagebook([...args.slice(0, 1), "s.ts", ...args.slice(1)], { cwd: folder.path });

describe("[W10] the cost of a run is known before it runs", () => {
  test("plan and explain name items, ranges, machine time and the time with some workers", async () => {
    const first = await run("plan");
    expect(first.stdout).toMatch(/\nhow long it takes is not known yet: items, score, last\n$/);
    expect(first.stdout).toContain("score: how many items it has is known when the stages before it have run");
    expect((await run("run", "--target", "items", "--json")).code).toBe(0);
    const known = await run("plan");
    expect(known.stdout).toContain(
      "score: 0 of 100 items are done, in 0 of 2 ranges; how long an item takes is not known yet",
    );
    expect(known.stdout).toMatch(/not known(: | yet: )score, last/);
    // It fails at an item behind ranges that stay.
    expect((await run("run", "--set", "bad=60")).code).toBe(1);
    const plan = await run("plan", "--workers", "4");
    expect(plan.stdout).toMatch(
      /score: \d\d of 100 items are done, in \d+ of \d+ ranges; about [\d.]+ m?s of machine time is left, [\d.]+ m?s with 4 workers\n/,
    );
    expect(plan.stdout).toMatch(/\nabout [\d.]+ m?s of machine time, [\d.]+ m?s with 4 workers; not known: last\n$/);
    const { rows, cost } = documentOf(await run("plan", "--json", "--workers", "4"));
    const shared = rows.find(({ stage }) => stage === "score")?.shared as Record<string, number>;
    expect(shared.items).toBe(100);
    expect(shared.itemsDone).toBeGreaterThan(10);
    expect(shared.machineMs).toBeGreaterThan((100 - shared.itemsDone!) * 19);
    expect(shared.machineMs).toBeLessThan((100 - shared.itemsDone!) * 200);
    expect(cost).toMatchObject({ workers: 4, unknown: ["last"], machineMs: shared.machineMs });
    expect((await run("explain", "score")).stdout).toMatch(/\nscore: \d\d of 100 items are done/);
    const whole = documentOf(await run("explain", "score", "--json"));
    expect(whole.shared).toEqual(shared);
  });

  test("[W11] above the limit nothing runs, unless --yes says so", async () => {
    const refused = await run("run", "--limit", "0.1s");
    expect([refused.code, refused.stderr]).toEqual([6, expect.stringMatching(/nothing was run: it takes about .* of machine time.*more than the limit of 100 ms\. Add --yes/)]); // prettier-ignore
    const document = await run("run", "--limit", "0.1s", "--json");
    expect([document.code, documentOf(document).exitCode, documentOf(document).executed]).toEqual([6, 6, 0]);
    const byVariable = await stagebook(["run", "s.ts"], { cwd: folder.path, env: { STAGEBOOK_RUN_LIMIT: "0.1s" } });
    expect(byVariable.code).toBe(6);
    const wrong = await stagebook(["run", "s.ts"], { cwd: folder.path, env: { STAGEBOOK_RUN_LIMIT: "soon" } });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('STAGEBOOK_RUN_LIMIT is "soon"')]);
    expect((await run("run", "--limit", "1h", "--target", "items")).code).toBe(0);
    expect((await run("run", "--limit", "0.1s", "--yes")).code).toBe(0);
    const after = await run("plan", "--workers", "2");
    expect(after.stdout).toContain("score: all 100 items are done");
    // Nothing is left: no limit is too low.
    expect((await run("run", "--limit", "0.1s")).code).toBe(0);
  });
});
