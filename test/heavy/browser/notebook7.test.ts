/** The extension in Notebook 7: the main job in its own window, which has one notebook, a right side and an area below. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { executed } from "../../rig/kernel/event-log";
import { eventually } from "../../rig/lab/eventually";
import { createPythonEnvironment } from "../../rig/lab/lab-environment";
import { Lab } from "../../rig/lab/lab-rig";
import { buildWheel, createProject, packKernelLib } from "../../rig/lab/packed";

const packages = mkdtempSync(join(tmpdir(), "stagebook-packages-"));
const viewport = { width: 1366, height: 768 };
const cells = [
  'import { param, show, stage } from "stagebook";',
  'const limit = param("limit", 100, { min: 2, max: 200, unit: "numbers", description: "The largest number that is tried" });',
  'const verbose = param("verbose", true);',
  [
    'const primes = stage("primes", { limit }, ({ limit }, { log }) => {',
    '  log.info("searching", { limit });',
    "  const found: number[] = [];",
    "  for (let n = 2; n <= limit; n++) if (found.every((p) => n % p !== 0)) found.push(n);",
    "  return found;",
    "});",
  ].join("\n"),
  'const total = stage("total", { primes }, ({ primes }) => primes.length);',
  "show(await total());",
  "show(pipeline);",
].map((cell, index) => (index === 0 ? cell.replace("param,", "param, pipeline,") : cell));
let lab: Lab;

beforeAll(async () => {
  const environment = await createPythonEnvironment("notebook-7.6", ["notebook==7.6.*"]);
  const made = [await packKernelLib(packages), await buildWheel(environment.python, packages)];
  const project = createProject(process.execPath, made, [join(environment.prefix, "bin")]);
  await project.type(["npm install --no-audit --no-fund ./stagebook-*.tgz tslab", "npx tslab install --sys-prefix"]);
  await project.succeed(environment.python, "-m", "pip", "install", "--quiet", "--no-deps", made[1] as string);
  lab = new Lab({ python: environment.python, folder: project.folder, client: "notebook", viewport });
  await lab.start();
  await lab.openNotebook(cells);
  await lab.runAll();
}, 600_000);
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") await lab.saveArtifacts(`notebook 7 ${task.name}`);
});
afterAll(async () => {
  await lab?.stop();
  rmSync(packages, { recursive: true, force: true });
});

test("[U1] the sidebar opens at the right with the list, and nothing of it is cut off", async () => {
  await eventually(() => lab.stageStatuses()).toEqual({ primes: "fresh", total: "fresh" });
  await eventually(() => lab.param("limit").isVisible()).toBe(true);
  await lab.screenshot("notebook 7 list");
  expect(await cutOff(lab.page.locator("#stagebook-sidebar"))).toEqual([]);
});

test("[U1] a parameter changed in the form marks its readers, and Run stale refreshes them", async () => {
  await lab.setParam("limit", 10);
  await eventually(() => lab.stageStatuses()).toEqual({ primes: "stale", total: "pending" });
  await eventually(() => lab.cellMarks()).toContain("stale");
  const seen = lab.events.length;
  await lab.runStaleButton.click();
  await eventually(() => lab.stageStatuses()).toEqual({ primes: "fresh", total: "fresh" });
  await eventually(() => lab.outputText(5)).toContain("4");
  expect(executed(lab.events.slice(seen))).toEqual(["primes", "total"]);
});

test("[U2] the log and the drawing of the graph open below the notebook, each in front when asked for", async () => {
  await lab.command("stagebook:show-log");
  await eventually(() => lab.logRows().then((rows) => rows.some(({ text }) => text.includes("searching")))).toBe(true);
  await lab.screenshot("notebook 7 log");
  expect(await cutOff(lab.page.locator("#stagebook-log"))).toEqual([]);
  await lab.command("stagebook:open-graph");
  await eventually(() => lab.page.locator("#stagebook-graph [data-stage]").count()).toBe(2);
  await eventually(() => lab.page.locator("#stagebook-log").isVisible()).toBe(false);
  await lab.screenshot("notebook 7 graph");
  await lab.command("stagebook:show-log");
  await eventually(() => lab.page.locator("#stagebook-log").isVisible()).toBe(true);
});

test("[U2] what the status bar says in JupyterLab is beside the menus, also without the sidebar", async () => {
  const bar = lab.page.locator("#menu-panel");
  await eventually(() => bar.locator("#stagebook-status").textContent()).toContain("2");
  await bar.locator("#stagebook-log-status button").click();
  await eventually(() => lab.page.locator("#stagebook-log").isVisible()).toBe(true);
});

test("[U2] after a reload the sidebar is as the user left it", async () => {
  await lab.reload();
  await eventually(() => lab.stageStatuses()).toEqual({ primes: "fresh", total: "fresh" });
  await lab.page
    .locator("#jp-right-stack")
    .getByTitle(/Collapse/)
    .click();
  await eventually(() => lab.page.locator("#stagebook-sidebar").isVisible()).toBe(false);
  await lab.reload();
  await eventually(() => lab.cellMarks()).toContain("fresh");
  expect(await lab.page.locator("#stagebook-sidebar").isVisible()).toBe(false);
  await lab.command("stagebook:open");
  await eventually(() => lab.page.locator("#stagebook-sidebar").isVisible()).toBe(true);
});

test("[repo] the page logs no warning about it", () => {
  expect(lab.consoleLines.filter((line) => /stagebook|shared (singleton )?module/i.test(line))).toEqual([]);
});

/** The elements in it that reach over the edge of the window or of an ancestor that does not scroll, as HTML. */
function cutOff(panel: Locator): Promise<string[]> {
  return panel.evaluate((root) => {
    const seen = root.parentElement?.getBoundingClientRect().right ?? 0;
    const limit = Math.min(innerWidth, seen) + 1;
    return [root, ...root.querySelectorAll("*")]
      .filter((node) => node.checkVisibility() && node.getBoundingClientRect().width > 0)
      .filter(
        (node) => node.getBoundingClientRect().right > limit && !node.closest("svg, .react-flow, [aria-hidden=true]"),
      )
      .map((node) => node.outerHTML.slice(0, 120));
  });
}
