/** Accessibility of what is open only at times: tables, nested forms, the graph in its tab, whole texts; on a laptop's screen. */
import { beforeAll, describe, expect, test } from "vitest";
import { findViolations } from "../rig/lab/axe";
import { eventually } from "../rig/lab/eventually";
import { useLab } from "../rig/lab/lab-rig";
import { part } from "../rig/part";
import { untilStatus } from "../rig/lab/quakes-notebook";

const lab = useLab({ viewport: { width: 1366, height: 768 } });
const violations = (selector: string) => findViolations(lab.page, selector);

const cells = [
  `import { param, show, stage } from "stagebook";`,
  `const area = param("area", { name: "a", tags: ["x", "y"], sides: ["n"], shape: { kind: "circle", r: 1 }, inner: { deep: [{ on: true, n: 2 }] } }, { schema: {
  type: "object",
  required: ["name", "tags", "sides", "shape", "inner"],
  properties: {
    name: { type: "string", minLength: 1, description: "What it is called" },
    tags: { type: "array", items: { type: "string" } },
    sides: { type: "array", items: { enum: ["n", "s"] }, uniqueItems: true },
    note: { type: "string" },
    shape: { oneOf: [
      { type: "object", required: ["kind", "r"], properties: { kind: { const: "circle" }, r: { type: "number", minimum: 0 } } },
      { type: "object", required: ["kind", "w"], properties: { kind: { const: "box" }, w: { type: "number" } } },
    ] },
    inner: { type: "object", required: ["deep"], properties: { deep: { type: "array", items: { type: "object", required: ["on", "n"], properties: { on: { type: "boolean" }, n: { type: "integer" } } } } } },
  },
} });
const mode = param<"fast" | "exact">("etl/mode", "fast");
const day = param("etl/day", new Date("2026-01-01"));
const limit = param("limit", 3, { min: 0, max: 10, step: 1, unit: "rows", description: "At most" });`,
  `const rows = stage("rows", { area, limit }, () => Array.from({ length: 500 }, (_, n) => ({
  id: n, place: n % 3 ? "Chile" : "Fiji", mag: Math.sin(n) * 4 + 4, at: new Date(1.6e12 + n * 6e4), ok: n % 2 === 0, tag: n % 10 ? null : "first" })));
const tail = stage("tail", { rows, mode, day }, ({ rows }, { log }) => {
  log.warn("long ".repeat(5000));
  return rows.length;
});
await tail();`,
  `show(await rows()); `,
  `show(area, mode, limit);`,
];

const output = () => lab.page.locator(".jp-Notebook .stagebook-TableOutput .stagebook-TableGrid").first();
const panelGrid = () => lab.panel("stage").locator(".stagebook-TableGrid");

beforeAll(async () => {
  await lab.openNotebook(cells);
  await lab.runAll();
  await untilStatus(lab, { rows: "fresh", tail: "fresh" });
  await output().waitFor();
});

describe.each(part(["Light", "Dark"] as const, 1))("in the %s theme", (theme) => {
  beforeAll(async () => {
    await lab.command("apputils:change-theme", { theme: `JupyterLab ${theme}` });
    await lab.page.waitForFunction((isLight) => document.body.dataset.jpThemeLight === String(isLight), theme === "Light"); // prettier-ignore
  });

  test("[O7] axe-core finds no serious violation in the grid of show(rows), sorted, filtered and with a wrong filter", async () => {
    await output().scrollIntoViewIfNeeded();
    await eventually(() => output().getAttribute("data-rows")).toBe("500");
    expect(await violations(".jp-Notebook .stagebook-TableOutput")).toEqual([]);
    await output().getByRole("button", { name: "Sort by id" }).click();
    await output().getByRole("textbox", { name: "Filter mag" }).fill(">much");
    await eventually(() => output().getByRole("textbox", { name: "Filter mag" }).getAttribute("aria-invalid")).toBe("true"); // prettier-ignore
    await lab.screenshot(`accessibility grid ${theme}`);
    expect(await violations(".jp-Notebook .stagebook-TableOutput")).toEqual([]);
    await output().getByRole("textbox", { name: "Filter mag" }).fill("");
    await eventually(() => output().getAttribute("data-rows")).toBe("500");
    await output().getByRole("button", { name: "Sort by id: ascending" }).click();
    await output().getByRole("button", { name: "Sort by id: descending" }).click();
    await eventually(() => output().getAttribute("data-sort")).toBe("");
  });

  test("[O7] axe-core finds no serious violation in the stage panel with its grid, key and history open", async () => {
    await lab.stage("rows").first().click();
    for (const name of ["output", "key", "history"]) {
      const section = lab.panel("stage").locator(`[data-section="${name}"]`);
      if ((await section.getAttribute("open")) === null) await section.locator("summary").first().click();
    }
    await eventually(() => panelGrid().getAttribute("data-rows")).toBe("500");
    await panelGrid().scrollIntoViewIfNeeded();
    await lab.screenshot(`accessibility stage grid ${theme}`);
    expect(await violations('[data-stagebook="stage"]')).toEqual([]);
  });

  test("[O7] axe-core finds no serious violation in nested forms, in the panel and in an output, also with a wrong value", async () => {
    const part = (name: string) => lab.panel("params").locator(`[data-part="${name}"]`);
    await part("area.name").waitFor();
    expect(await violations('[data-stagebook="params"]')).toEqual([]);
    await part("area.name").fill("");
    await lab.panel("params").locator(".stagebook-Params-problem").first().waitFor();
    await lab.screenshot(`accessibility form ${theme}`);
    expect(await violations('[data-stagebook="params"]')).toEqual([]);
    // What is scrolled out has no colors for axe-core: all of it at once.
    await lab.page.setViewportSize({ width: 1366, height: 2600 });
    await eventually(() => lab.panel("params").evaluate(({ clientHeight }) => clientHeight > 450)).toBe(true);
    // Each field is wide enough for a number.
    const widths = await lab.panel("params").locator("input[data-part]:not([type=checkbox])").evaluateAll((fields) => fields.map((field) => field.clientWidth)); // prettier-ignore
    expect(Math.min(...widths)).toBeGreaterThan(50);
    expect(await violations('[data-stagebook="params"]')).toEqual([]);
    expect(await violations('[data-stagebook="stage"]')).toEqual([]);
    expect(await violations(".jp-Notebook .stagebook-InlineParams")).toEqual([]);
    await lab.screenshot(`accessibility form whole ${theme}`);
    await lab.page.setViewportSize({ width: 1366, height: 768 });
    await part("area.name").fill("a");
    await eventually(() => lab.panel("params").locator(".stagebook-Params-problem").count()).toBe(0);
    await lab.page.locator(".jp-Notebook .stagebook-InlineParams").first().scrollIntoViewIfNeeded();
    await lab.screenshot(`accessibility inline form ${theme}`);
    expect(await violations(".jp-Notebook .stagebook-InlineParams")).toEqual([]);
  });

  test("[O7] axe-core finds no serious violation in the graph in its tab, as a drawing and as a list in the sidebar", async () => {
    expect(await violations('[data-stagebook="dag"]')).toEqual([]);
    await lab.command("stagebook:open-graph");
    await lab.page.locator('[data-stagebook="graph"]:visible .react-flow__node').first().waitFor();
    await lab.screenshot(`accessibility graph tab ${theme}`);
    expect(await violations('[data-stagebook="graph"]')).toEqual([]);
    await lab.showNotebook("notebook.ipynb");
  });

  test("[O7] axe-core finds no serious violation in the list of runs and in the dialog of a whole text", async () => {
    await lab.command("stagebook:show-runs");
    await lab.panel("runs").locator("[data-run]").first().waitFor();
    expect(await violations('[data-stagebook="runs"]')).toEqual([]);
    await lab.command("stagebook:show-log");
    await lab.panel("log").locator("[data-log]").filter({ hasText: "long long" }).first().click();
    expect(await violations('[data-stagebook="log"]')).toEqual([]);
    await lab
      .panel("log")
      .getByRole("button", { name: /^Show all/ })
      .click();
    await lab.page.getByRole("dialog").locator("pre").first().waitFor();
    expect(await violations(".jp-Dialog .stagebook-WholeText")).toEqual([]);
    await lab.page.getByRole("dialog").getByRole("button", { name: "Close" }).press("Escape");
    await eventually(() => lab.page.getByRole("dialog").count()).toBe(0);
  });
});
