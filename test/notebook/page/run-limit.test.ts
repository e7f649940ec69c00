/** The commands that run stages, with a limit of machine time. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openNotebook } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

let notebook: Notebook;
beforeAll(async () => {
  notebook = await openNotebook();
  await notebook.cells({
    seed: `import { each } from "stagebook"; const seed = param("seed", 1);`,
    slow: `const slow = stage("slow", { seed }, async ({ seed }) => { await new Promise((resolve) => setTimeout(resolve, 300)); return seed; });`,
    score: `const score = each("score", Array.from({ length: 40 }, (_, n) => n), { seed }, async (n, { seed }) => { await new Promise((resolve) => setTimeout(resolve, 5)); return n + seed; }, { scale: true });`,
  });
  await notebook.kernel.command({ type: "run" });
});
afterAll(() => notebook.kernel.stop());

test("[W11] above the limit nothing runs, and the reply has the cost; below it or without one it runs", async () => {
  await notebook.kernel.command({ type: "set-params", values: { seed: 2 } });
  const before = notebook.view.runs.length;
  for (const type of ["run", "run-stale"] as const) {
    const reply = await notebook.kernel.command({ type, limitMs: 400 });
    expect(reply).toMatchObject({ status: "unconfirmed", executed: 0, cost: { stages: 2, unknown: [] } });
    expect(reply.cost?.machineMs).toBeGreaterThanOrEqual(450);
    expect(reply.cost?.shared).toMatchObject([{ stage: "score", items: 40, itemsDone: 0, rangesDone: 0 }]);
  }
  expect(notebook.view.runs.length).toBe(before);
  const one = await notebook.kernel.command({ type: "run", targets: ["score"], limitMs: 100 });
  expect(one).toMatchObject({ status: "unconfirmed", cost: { stages: 1 } });
  const all = await notebook.kernel.command({ type: "run-stale", limitMs: 3_600_000 });
  expect(all).toMatchObject({ status: "succeeded", executed: 2 });
  const none = await notebook.kernel.command({ type: "run", limitMs: 0 });
  expect(none).toMatchObject({ status: "succeeded", executed: 0 });
});

test("[W11] a stage that is run although it is fresh counts", async () => {
  const forced = { type: "run", targets: ["slow"], force: true } as const;
  const refused = await notebook.kernel.command({ ...forced, limitMs: 100 });
  expect(refused).toMatchObject({ status: "unconfirmed", cost: { stages: 1 } });
  expect(await notebook.kernel.command(forced)).toMatchObject({ status: "succeeded", executed: 1 });
});
