/** A new notebook from the launcher, in a page of its own: some time after a reload JupyterLab puts the notebook of before in front. */
import { test } from "vitest";
import { EXAMPLE_CELLS } from "../../lab-extension/src/start/snippets";
import { eventually } from "../rig/lab/eventually";
import { useLab } from "../rig/lab/lab-rig";

const lab = useLab({ viewport: { width: 1366, height: 768 } });

test("[U1] the card in the launcher makes a notebook that runs, and the launcher closes", async () => {
  const cards = lab.page.locator(".jp-LauncherCard:visible");
  await lab.command("launcher:create");
  const card = cards.filter({ hasText: "Stagebook notebook" });
  await eventually(() => card.count()).toBe(1);
  await lab.screenshot("begin launcher");
  await card.click();
  await lab.adoptNotebook("Untitled.ipynb");
  await eventually(() => cards.count()).toBe(0);
  await lab.runAll();
  await eventually(() => lab.stageStatuses()).toEqual({ primes: "fresh", largest: "fresh" });
  await eventually(() => lab.outputText(EXAMPLE_CELLS.length)).toContain("97");
  await lab.screenshot("begin new notebook");
});
