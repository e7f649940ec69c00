/** Run stale where a cell cannot have its value again, because the cells that give it have been executed already. */
import { expect, test } from "vitest";
import { StaleNotebook } from "../../rig/kernel/stale-notebook";

test("[U2] a stage that reads what cells below change keeps no other cell from being executed", async () => {
  const notebook = await StaleNotebook.open({
    list: `let list = [8, 7, 7];`,
    sum: `const sum = stage("sum", () => list[0] * 10 + list.length); console.log(await sum());`,
    sort: `list.sort();`,
    more: `const more = list.map((x) => x + 1);`,
    last: `list.push(9); console.log(list.length, more.length);`,
  });
  try {
    const wanted = new Map(notebook.outputs);
    const { executed } = await notebook.runStale();
    expect(executed).toEqual(["list", "sort", "more", "last"]);
    expect(notebook.outputs).toEqual(wanted);
    expect(notebook.marked("fresh")).toEqual(expect.arrayContaining(["list", "sort", "more", "last"]));
    // The stage ran again with the list as it is at the end: only a restart gives its cell the one of before.
    const { status, reasons = [], caveats = [] } = notebook.mark("sum") ?? {};
    expect([status, ...reasons, ...caveats].join("; ")).toMatch(/^stale; .*after a restart/);
  } finally {
    await notebook.kernel.stop();
  }
});
