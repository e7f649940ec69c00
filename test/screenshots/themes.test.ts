/** Pictures of the cell marks and of a past run in every theme, for a visual check. Not in the documents: saved below test/artifacts. */
import { join } from "node:path";
import { beforeAll, test } from "vitest";
import { eventually } from "../rig/lab/eventually";
import { useLab } from "../rig/lab/lab-rig";
import { takePicture } from "./picture";

const lab = useLab();
const themes = ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"];
const cells = [
  `import { param, stage } from "stagebook";`,
  `const limit = param("limit", 2, { min: 0, max: 10 });`,
  `const a = stage("a", { limit }, ({ limit }) => { if (limit === 9) throw new Error("nine"); return limit * 10; });\nawait a()`,
  `const factor = 3;`,
  `console.log("plain", factor * 2)`,
  `const b = stage("b", { a }, ({ a }) => -a);\nawait b()`,
];
const PLAIN = 4;

beforeAll(async () => {
  await lab.openNotebook(cells);
  await lab.runAll();
  await lab.setParam("limit", 4);
  await lab.editCell(PLAIN, `console.log("plain", factor * 20)`);
  await lab.selectCell(PLAIN);
});

test.each(themes)("marks on cells in %s", async (theme) => {
  await eventually(() => lab.stageStatus("a")).toBe("stale");
  await showIn(theme, "cells");
});

test.each(themes)("a past run in %s", async (theme) => {
  await lab.stage("a").click();
  await lab.command("stagebook:show-runs");
  await lab.command("stagebook:look-at-run");
  await lab.page.locator('#stagebook-sidebar [data-connection="past"]').waitFor();
  await showIn(theme, "past run");
  await lab.command("stagebook:back-to-now");
});

async function showIn(theme: string, name: string): Promise<void> {
  await lab.command("apputils:change-theme", { theme });
  await lab.page.locator(`body[data-jp-theme-name="${theme}"]`).waitFor({ state: "attached" });
  await takePicture(lab.page, join("test", "artifacts", `${name} ${theme}.png`.replaceAll(" ", "-").toLowerCase()));
}
