/** Two people on one notebook, with jupyter-collaboration: one kernel, one pipeline, two browsers with a sidebar each. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
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
  'const limit = param("limit", 100, { min: 2, max: 200 });',
  'const doubled = stage("doubled", { limit }, ({ limit }, { log }) => {\n  log.info("doubling", { limit });\n  return limit * 2;\n});',
  'const text = stage("text", { doubled }, ({ doubled }) => `the double is ${doubled}`);',
  "show(await text());",
];
const OUTPUT = 4;
let lab: Lab;
/** The page of the second person. */
let guest: Page;
const both = (): readonly Page[] => [lab.page, guest];

beforeAll(async () => {
  const environment = await createPythonEnvironment("collaboration-5.0", [
    "jupyterlab==4.6.*",
    "jupyter-collaboration==5.0.*",
  ]);
  const made = [await packKernelLib(packages), await buildWheel(environment.python, packages)];
  const project = createProject(process.execPath, made, [join(environment.prefix, "bin")]);
  await project.type(["npm install --no-audit --no-fund ./stagebook-*.tgz tslab", "npx tslab install --sys-prefix"]);
  await environment.pip("install", "--no-deps", made[1] as string);
  // Where the edits of all are kept; by default, in the folder that the server was started from.
  const store = { SQLiteYStore: { db_path: join(project.folder.path, "edits.db") } };
  project.folder.write(".jupyter/config/jupyter_server_config.json", JSON.stringify(store));
  lab = new Lab({ python: environment.python, folder: project.folder, viewport });
  await lab.start();
  await lab.openNotebook(cells, "together.ipynb");
  await lab.runAll();
  guest = await lab.openForGuest();
}, 600_000);
afterEach(async ({ task }) => {
  if (task.result?.state !== "fail") return;
  await lab.saveArtifacts(`collaboration ${task.name}`);
  await guest.screenshot({ path: join("test", "artifacts", `collaboration-guest.png`) });
});
afterAll(async () => {
  await lab?.stop();
  rmSync(packages, { recursive: true, force: true });
});

test("[U1] both see the stages, the parameters and the marks of the cells", async () => {
  for (const page of both()) {
    await eventually(() => statusesIn(page)).toEqual({ doubled: "fresh", text: "fresh" });
    await eventually(() => marksIn(page)).toEqual(cells.map(() => "fresh"));
    await eventually(() => limitIn(page).inputValue()).toBe("100");
    await eventually(() => outputIn(page)).toContain("the double is 200");
  }
  await guest.screenshot({ path: join("test", "artifacts", "collaboration-guest-fresh.png") });
});

test("[P11] a value set by one is shown to the other, with what it makes stale, and runs nothing", async () => {
  const before = lab.events.length;
  await limitIn(guest).fill("50");
  for (const page of both()) {
    await eventually(() => limitIn(page).inputValue()).toBe("50");
    await eventually(() => statusesIn(page)).toEqual({ doubled: "stale", text: "pending" });
    await eventually(async () => (await marksIn(page))[OUTPUT]).toBe("stale");
  }
  await limitIn(lab.page).fill("60");
  for (const page of both()) await eventually(() => limitIn(page).inputValue()).toBe("60");
  expect(executed(lab.events.slice(before))).toEqual([]);
});

test("[U2] Run stale of one runs each stage once, and refreshes graph, outputs, marks and log of both", async () => {
  const before = lab.events.length;
  await runStaleIn(guest).click();
  for (const page of both()) {
    await eventually(() => statusesIn(page)).toEqual({ doubled: "fresh", text: "fresh" });
    await eventually(() => outputIn(page)).toContain("the double is 120");
    await eventually(() => marksIn(page)).toEqual(cells.map(() => "fresh"));
    await page.keyboard.press("Alt+Shift+L");
    const lines = page.locator('[data-stagebook="log"]:visible [data-log][data-stage="doubled"]');
    await eventually(() => lines.last().innerText()).toContain("limit=60");
  }
  expect(executed(lab.events.slice(before))).toEqual(["doubled", "text"]);
  await lab.screenshot("collaboration log");
});

test("[U2] Run stale of both at the same time runs each stage once, and the notebook stays as it is", async () => {
  await limitIn(lab.page).fill("70");
  for (const page of both()) await eventually(() => statusesIn(page)).toEqual({ doubled: "stale", text: "pending" });
  const before = lab.events.length;
  await Promise.all([runStaleIn(lab.page).click(), runStaleIn(guest).click()]);
  for (const page of both()) {
    await eventually(() => statusesIn(page)).toEqual({ doubled: "fresh", text: "fresh" });
    await eventually(() => outputIn(page)).toContain("the double is 140");
    await eventually(() => marksIn(page)).toEqual(cells.map(() => "fresh"));
    expect(await page.locator(".jp-Notebook .jp-CodeCell").count()).toBe(cells.length);
  }
  expect(executed(lab.events.slice(before)).sort()).toEqual(["doubled", "text"]);
});

test("[U1] each person selects a stage and edits a value alone", async () => {
  await guest.locator('[data-stagebook="dag"]:visible [data-stage="doubled"]').first().click();
  const selected = (page: Page) => page.locator('[data-stagebook="stage"]:visible h2').allInnerTexts();
  await eventually(() => selected(guest)).toEqual(["doubled"]);
  expect(await selected(lab.page)).toEqual([]);
  // What the form refuses is nobody else's.
  await limitIn(guest).fill("999");
  await eventually(() => guest.locator('[data-stagebook="params"]:visible .stagebook-Params-problem').count()).toBe(1);
  expect(await limitIn(lab.page).inputValue()).toBe("70");
  await limitIn(guest).fill("70");
  await eventually(() => guest.locator('[data-stagebook="params"]:visible .stagebook-Params-problem').count()).toBe(0);
});

test("[U1] an edit of a cell by one is marked for both, and a reload of one changes nothing for the other", async () => {
  await lab.editCell(3, (cells[3] ?? "").replace("the double", "twice"));
  for (const page of both()) await eventually(async () => (await marksIn(page))[3]).toBe("stale");
  await guest.reload();
  for (const page of both()) {
    await eventually(() => statusesIn(page)).toEqual({ doubled: "fresh", text: "fresh" });
    await eventually(() => limitIn(page).inputValue()).toBe("70");
  }
});

test("[repo] neither page logs a problem of the extension", () => {
  expect(lab.consoleLines.filter((line) => /(error|warning): .*stagebook|page error: .*stagebook/i.test(line))).toEqual([]); // prettier-ignore
});

const limitIn = (page: Page) => page.locator('[data-stagebook="params"]:visible input[data-param="limit"]').last();
const runStaleIn = (page: Page) => page.locator('[data-jp-item-name="stagebook-run-stale"]:visible jp-button');

function statusesIn(page: Page): Promise<{ [stage: string]: string | null }> {
  return page.locator('[data-stagebook="dag"]:visible [data-stage]').evaluateAll(
    (nodes) =>
      Object.fromEntries(nodes.map((node) => [node.getAttribute("data-stage"), node.getAttribute("data-status")])) as {
        [stage: string]: string | null;
      },
  );
}

function marksIn(page: Page): Promise<(string | null)[]> {
  return page
    .locator(".jp-Notebook .jp-CodeCell")
    .evaluateAll((nodes) => nodes.map((node) => node.getAttribute("data-stagebook-status")));
}

function outputIn(page: Page): Promise<string> {
  return page.locator(".jp-Notebook .jp-CodeCell").nth(OUTPUT).locator(".jp-OutputArea").innerText();
}
