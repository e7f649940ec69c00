/** Run stale where cells that it has executed have to be executed again, or cannot have their values again. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { StaleNotebook } from "../../rig/kernel/stale-notebook";

let notebook: StaleNotebook;
beforeAll(async () => void (notebook = await StaleNotebook.open({})));
afterAll(() => notebook.kernel.stop());

test("[U2] a stage that reads what cells below change keeps no other cell from being executed", async () => {
  await notebook.begin({
    list: `let list = [8, 7, 7];`,
    sum: `const sum = stage("sum", () => list[0] * 10 + list.length); console.log(await sum());`,
    sort: `list.sort();`,
    more: `const more = list.map((x) => x + 1);`,
    last: `list.push(9); console.log(list.length, more.length);`,
  });
  const wanted = new Map(notebook.outputs);
  const { executed } = await notebook.runStale();
  expect(executed).toEqual(["list", "sort", "more", "last"]);
  expect(notebook.outputs).toEqual(wanted);
  expect(notebook.marked("fresh")).toEqual(expect.arrayContaining(["list", "sort", "more", "last"]));
  // The stage ran again with the list as it is at the end: only a restart gives its cell the one of before.
  const { status, reasons = [], caveats = [] } = notebook.mark("sum") ?? {};
  expect([status, ...reasons, ...caveats].join("; ")).toMatch(/^stale; .*after a restart/);
});

test("[U2] a cell that was executed is executed again when one above it had to be executed afterwards", async () => {
  await notebook.begin({
    list: `let list = [8, 6, 9];`,
    holder: `const holder = { inner: list };`,
    more: `const more = list.map((x) => x + 1);`,
    through: `holder.inner.push(8); console.log(holder.inner.length);`,
  });
  const wanted = new Map(notebook.outputs);
  // The holder keeps the list of before: that its last cell changes the new one is only seen when it does.
  await notebook.run("list");
  notebook.edit("holder", `const holder = { inner: list, own: 3 };`);
  await notebook.run("through");
  await notebook.runStale();
  expect(notebook.outputs).toEqual(wanted);
  expect(notebook.marked("fresh")).toEqual([...notebook.sources.keys()]);
  expect((await notebook.kernel.run(`console.log(list.join(), more.join());`)).stdout).toBe("8,6,9,8 9,7,10\n");
});

test("[U2] a cell that keeps the object of a list is executed before one that changed it in place, and found it changed already", async () => {
  await notebook.begin({
    list: `let list = [6, 1];`,
    holder: `const holder = { inner: list };`,
    sort: `list.sort();`,
  });
  // It changes nothing this time, and the list has to be created again.
  await notebook.run("sort");
  const { executed } = await notebook.runStale();
  expect(executed).toEqual(["list", "holder", "sort"]);
  expect(notebook.marked("fresh")).toEqual([...notebook.sources.keys()]);
  expect((await notebook.kernel.run(`console.log(holder.inner === list, list.join());`)).stdout).toBe("true 1,6\n");
});
