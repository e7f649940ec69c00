/** Past runs: the list, the pipeline as it was in one of them, and the return to the current state. */
import type { JupyterFrontEnd } from "@jupyterlab/application";
import { beforeAll, expect, test } from "vitest";
import { executed } from "../rig/kernel/event-log";
import { useLab } from "../rig/lab/lab-rig";
import { eventually } from "../rig/lab/eventually";

const lab = useLab();

const cells = [
  `import { param, stage } from "stagebook";`,
  `const limit = param("limit", 2, { min: 0, max: 10 });`,
  `const a = stage("a", { limit }, async ({ limit }, { log }) => { if (limit === 6) await new Promise((resolve) => setTimeout(resolve, 700)); log.info("a made", { limit }); if (limit === 9) throw new Error("nine is too much"); return limit * 10; });\nawait a()`,
  `const b = stage("b", { a }, ({ a }) => a + 1);\nawait b()`,
];
const runRows = () => lab.panel("runs").locator("[data-run]");
const banner = () => lab.page.locator("#stagebook-sidebar .stagebook-Past");
const connection = () => lab.page.locator("#stagebook-sidebar .stagebook-Connection").getAttribute("data-connection");

beforeAll(async () => {
  await lab.openNotebook(cells);
  await lab.runAll();
  await lab.command("stagebook:show-log");
});

test("[U1] the list has the runs that executed something, newest first, with their parameters", async () => {
  await lab.command("stagebook:show-runs");
  await eventually(() => runRows().count()).toBe(2);
  await lab.setParam("limit", 5);
  await eventually(() => lab.stageStatus("a")).toBe("stale");
  await lab.command("stagebook:run-stale");
  await eventually(() => runRows().count()).toBe(3);
  await eventually(() => runRows().first().innerText()).toMatch(/a, b[^]*succeeded · 2 stages ran[^]*limit = 5/);
});

test("[U1] the selected run is shown as it was: graph, parameters and log", async () => {
  await runRows().last().click();
  await eventually(() => banner().innerText()).toContain("You are viewing a past run");
  await eventually(() => lab.param("limit").inputValue()).toBe("2");
  await eventually(() => lab.stageStatuses()).toEqual({ a: "fresh" });
  await eventually(async () => (await lab.logRows()).map(({ text }) => text).join("\n")).toContain("a made");
  await eventually(async () => (await lab.logRows()).filter(({ text }) => text.includes("a made")).length).toBe(1);
  await eventually(() => lab.page.locator('[data-stagebook="log"] [data-past]').count()).toBe(1);
});

test("[U1] a past run shows its own output, not the current one, and its result is marked in the history", async () => {
  await lab.stage("a").click();
  const output = lab.panel("stage").locator('[data-section="output"]');
  const history = lab.panel("stage").locator('[data-section="history"]');
  await output.locator("summary").first().click();
  await eventually(() => output.locator("pre").first().innerText()).toBe("20");
  await history.locator("summary").first().click();
  await eventually(() => history.locator("li").count()).toBe(2);
  await eventually(() => history.locator("li").filter({ hasText: "this run" }).innerText()).toContain("limit = 2");
  await lab.screenshot("past-output");
  expect(await history.getByRole("button").count()).toBe(0);
  await banner().getByRole("button", { name: "Return to current state" }).click();
  await eventually(() => output.locator("pre").first().innerText()).toBe("50");
  await output.locator("summary").first().click();
  await history.locator("summary").first().click();
});

test("[U1] the slider goes back to the start of the run", async () => {
  await runRows().first().click();
  await eventually(() => lab.param("limit").inputValue()).toBe("5");
  await eventually(() => lab.stageStatuses()).toEqual({ a: "fresh", b: "fresh" });
  const slider = banner().getByRole("slider");
  await slider.press("Home");
  await eventually(() => lab.stageStatuses()).toEqual({ a: "stale", b: "pending" });
  await eventually(() => banner().innerText()).toContain("start of run");
  await slider.press("End");
  await eventually(() => lab.stageStatuses()).toEqual({ a: "fresh", b: "fresh" });
});

test("[U1] nothing can be changed in a past run: no control, no button, no command", async () => {
  const before = lab.events.length;
  expect(await lab.param("limit").isEnabled()).toBe(false);
  await eventually(() => lab.runStaleButton.getAttribute("title")).toContain("Return to the current state");
  const ids = [
    "run-stale",
    "run-stage",
    "run-following",
    "force-stage",
    "pin-result",
    "clear-stage",
    "cancel",
    "run-cell",
  ];
  expect(await enabled(ids.map((id) => `stagebook:${id}`))).toEqual([]);
  expect(await enabled(["stagebook:back-to-now"])).toEqual(["stagebook:back-to-now"]);
  await lab.stage("a").click();
  await eventually(() => lab.panel("stage").locator("[data-shown-stage]").getAttribute("data-shown-stage")).toBe("a");
  await eventually(() => lab.panel("stage").getByRole("button", { name: "Run", exact: true }).isEnabled()).toBe(false);
  expect(executed(lab.events.slice(before))).toEqual([]);
});

test("[U1] cells can be run meanwhile, and the return to the current state shows their effects", async () => {
  await lab.editCell(1, cells[1]!.replace("2", "3"));
  await lab.runCell(1);
  await lab.runCell(2);
  await eventually(() => lab.outputText(2)).toContain("30");
  expect(await connection()).toBe("past");
  expect(await lab.param("limit").inputValue()).toBe("5");
  await banner().getByRole("button", { name: "Return to current state" }).click();
  await eventually(connection).toBe("live");
  await eventually(() => lab.param("limit").inputValue()).toBe("3");
  await eventually(() => banner().count()).toBe(0);
});

test("[U1] a failed run shows its error, also in a new kernel and after a reload, by keyboard alone", async () => {
  await lab.setParam("limit", 9);
  await eventually(() => lab.stageStatus("a")).toBe("stale");
  await lab.command("stagebook:run-stale");
  await eventually(() => runRows().first().innerText()).toContain("nine is too much");
  await lab.setParam("limit", 4);
  await eventually(() => lab.stageStatus("a")).toBe("stale");
  await lab.restartKernel();
  await lab.runAll();
  await saveSettings({ notify: "always", notifyAfterSeconds: 0 });
  await lab.reload();
  await eventually(connection).toBe("live");
  await lab.command("stagebook:show-runs");
  const failed = runRows().filter({ hasText: "nine is too much" });
  // The list may be drawn again between two steps.
  await failed.press("Enter");
  await eventually(() => lab.stageStatus("a")).toBe("failed");
  await eventually(() => banner().innerText()).toContain("nine is too much");
  await lab.page.keyboard.press("Alt+Shift+KeyN");
  await eventually(connection).toBe("live");
});

test("[U1] the end of a long run is notified when the notebook is not visible", async () => {
  await lab.setParam("limit", 6);
  await eventually(() => lab.stageStatus("a")).toBe("stale");
  await lab.command("stagebook:run-stale");
  const toast = lab.page.locator(".Toastify__toast");
  await eventually(async () => (await toast.allInnerTexts()).join("\n")).toContain("notebook.ipynb: the run finished");
  await toast
    .getByRole("button", { name: "Hide notification" })
    .first()
    .click()
    .catch(() => undefined);
});

test("[U1] the sidebar also works on the left side, where the command shows it", async () => {
  await lab.page.evaluate(() => {
    const { jupyterapp } = window as unknown as { jupyterapp: JupyterFrontEnd };
    const sidebar = [...jupyterapp.shell.widgets("right")].find(({ id }) => id === "stagebook-sidebar");
    if (sidebar) jupyterapp.shell.add(sidebar, "left");
  });
  await lab.command("application:toggle-left-area");
  await lab.command("stagebook:open");
  await eventually(() => lab.page.locator("#jp-left-stack #stagebook-sidebar").isVisible()).toBe(true);
  await eventually(() => lab.page.locator("#jp-right-stack").isVisible()).toBe(false);
  await eventually(() => lab.stageStatuses()).toEqual({ a: "fresh", b: "fresh" });
});

/** The commands that are enabled for the stage a. */
function enabled(ids: readonly string[]): Promise<string[]> {
  return lab.page.evaluate((ids) => {
    const { jupyterapp } = window as unknown as { jupyterapp: JupyterFrontEnd };
    return ids.filter((id) => jupyterapp.commands.isEnabled(id, { stage: "a" }));
  }, ids);
}

/** They apply after the next reload. */
function saveSettings(settings: { readonly [name: string]: unknown }): Promise<void> {
  return lab.page.evaluate(async (raw) => {
    const { jupyterapp } = window as unknown as { jupyterapp: JupyterFrontEnd };
    await jupyterapp.serviceManager.settings.save("jupyterlab-stagebook:plugin", raw);
  }, JSON.stringify(settings));
}
