/** The dialog before a run that is expected to take more machine time than the limit in the settings. */
import type { JupyterFrontEnd } from "@jupyterlab/application";
import { beforeAll, expect, test } from "vitest";
import { useLab } from "../rig/lab/lab-rig";
import { eventually } from "../rig/lab/eventually";

const lab = useLab();

const cells = [
  `import { each, param, stage } from "stagebook";`,
  `const seed = param("seed", 1, { min: 0, max: 10 });`,
  `const slow = stage("slow", { seed }, async ({ seed }) => { await new Promise((resolve) => setTimeout(resolve, 600)); return seed; });`,
  `const score = each("score", Array.from({ length: 40 }, (_, n) => n), { seed }, async (n, { seed }) => { await new Promise((resolve) => setTimeout(resolve, 10)); return n + seed; }, { scale: true });`,
];
const dialog = () => lab.page.locator(".jp-Dialog");
const press = (label: string) => dialog().getByRole("button", { name: label, exact: true }).click();

beforeAll(async () => {
  await lab.openNotebook(cells);
  await lab.runAll();
});

test("[W11] without a limit nothing is asked", async () => {
  await lab.runStaleButton.click();
  await eventually(() => lab.stageStatus("score")).toBe("fresh");
  await eventually(() => lab.stageStatus("slow")).toBe("fresh");
  await lab.page.evaluate(
    async (raw) => {
      const { jupyterapp } = window as unknown as { jupyterapp: JupyterFrontEnd };
      await jupyterapp.serviceManager.settings.save("jupyterlab-stagebook:plugin", raw);
    },
    JSON.stringify({ askAboveMinutes: 0.005 }),
  );
  await lab.reload();
});

test("[W11] Run stale in the toolbar asks with the estimate, and Cancel starts nothing", async () => {
  await lab.setParam("seed", 2);
  await eventually(() => lab.stageStatus("slow")).toBe("stale");
  await lab.runStaleButton.click();
  await eventually(() => dialog().innerText()).toContain("Run 2 stages?");
  await lab.screenshot("run limit dialog");
  const text = await dialog().innerText();
  expect(text).toMatch(/about .* of machine time, more than the limit of 300 ms/);
  expect(text).toMatch(/score: 0 of 40 items are done, in 0 of \d+ ranges; about .* are left with one worker/);
  await press("Cancel");
  await eventually(() => dialog().count()).toBe(0);
  expect(await lab.stageStatus("slow")).toBe("stale");
});

test("[W11] Run all in the sidebar asks too, and Run starts it", async () => {
  await lab.page.locator("#stagebook-sidebar").getByRole("button", { name: "Run all" }).click();
  await eventually(() => dialog().innerText()).toContain("Run 2 stages?");
  await press("Run");
  await eventually(() => lab.stageStatus("slow")).toBe("fresh");
  await eventually(() => lab.stageStatus("score")).toBe("fresh");
  expect(await dialog().count()).toBe(0);
});
