/** The test rig itself, on plain cells. */
import { expect, test } from "vitest";
import { eventually } from "../rig/lab/eventually";
import { useLab } from "../rig/lab/lab-rig";

const lab = useLab();

test("[rig] a notebook opens, runs and shows the output of its cells", async () => {
  await lab.openNotebook([`console.log("one")`, `console.log("two")`]);
  await lab.runAll();
  await eventually(() => lab.outputText(0)).toBe("one\n");
  await lab.runCell(0);
  expect(await lab.executionCounts()).toEqual([3, 2]);
});

test("[rig] a restart and a reload keep the notebook", async () => {
  await lab.restartKernel();
  await lab.runCell(1);
  await lab.reload();
  await lab.untilIdle();
  await eventually(() => lab.executionCounts()).toEqual([3, 1]);
});

test("[rig] the extension is loaded", async () => {
  expect(
    await lab.page.evaluate(() =>
      (window as unknown as { jupyterapp: { listPlugins(): string[] } }).jupyterapp
        .listPlugins()
        .filter((id) => id.includes("stagebook")),
    ),
  ).not.toEqual([]);
});
