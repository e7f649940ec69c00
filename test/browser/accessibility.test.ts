/**
 * How the panels look, in light and dark: pictures of each (kept below test/artifacts, and with STAGEBOOK_SCREENSHOTS in that
 * folder for the README), no serious violation of accessibility in any, and everything by keyboard alone.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { beforeAll, describe, expect, test } from "vitest";
import { executed } from "../rig/kernel/event-log";
import { useLab } from "../rig/lab/lab-rig";
import { repository } from "../rig/kernel/notebook-folder";
import { eventually } from "../rig/lab/eventually";

const lab = useLab({ viewport: { width: 1600, height: 1300 } });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const cells = [
  `import { param, stage } from "stagebook";`,
  `const minMagnitude = param("minMagnitude", 4.5, { min: 0, max: 10, step: 0.1, description: "Weaker quakes are left out", unit: "Mw" });
const region = param("region", "world", { choices: ["world", "pacific", "europe"] });
const withDepth = param("withDepth", true);
const since = param("since", new Date("2026-01-01"));`,
  `const quakes = stage("quakes", () => Array.from({ length: 240 }, (_, n) => ({
  place: ["Alaska", "Chile", "Japan", "Tonga"][n % 4], mag: Math.round((2 + 6 * Math.abs(Math.sin(n))) * 10) / 10, depth: (n * 37) % 600,
})), { description: "All quakes of the month" });`,
  `const strong = stage("strong", { quakes, minMagnitude, region }, ({ quakes, minMagnitude }, { log }) => {
  const rows = quakes.filter(({ mag }) => mag >= minMagnitude);
  log.info("kept", { rows: rows.length, of: quakes.length });
  if (rows.length < 200) log.warn("fewer than 200 rows", { minMagnitude });
  return rows;
});`,
  `const places = stage("places", { strong }, ({ strong }) => Object.fromEntries(["Alaska", "Chile", "Japan", "Tonga"].map((place) => [place, strong.filter((row) => row.place === place).length])));
const depths = stage("depths", { strong, withDepth }, ({ strong }) => Float64Array.from(strong, ({ depth }) => depth));`,
  `const model = stage("model", { places, depths }, ({ depths }, { log }) => {
  log.debug("fitting", { values: depths.length });
  if (depths.length < 60) throw new RangeError("too few depths: " + depths.length);
  return { mean: depths.reduce((sum, depth) => sum + depth, 0) / depths.length, count: depths.length };
});`,
  `const report = stage("report", { model, places, since }, ({ model, places }) => ({ title: "Quakes", ...model, places }));
await report();`,
];
const allFresh = {
  quakes: "fresh",
  strong: "fresh",
  places: "fresh",
  depths: "fresh",
  model: "fresh",
  report: "fresh",
};
const panels = ["dag", "params", "stage", "log"] as const;
const names = { dag: "graph", params: "parameters", stage: "stage", log: "log" } as const;

beforeAll(async () => {
  await lab.openNotebook(cells, "quakes.ipynb");
  await lab.runAll();
  await untilStatus({ report: "fresh" });
  await lab.setSidebarWidth(480);
  await lab.command("stagebook:show-log");
});

describe.each(["Light", "Dark"])("in the %s theme", (theme) => {
  beforeAll(async () => {
    await lab.command("apputils:change-theme", { theme: `JupyterLab ${theme}` });
    await lab.page.waitForFunction(
      (isLight) => document.body.dataset.jpThemeLight === String(isLight),
      theme === "Light",
    );
    await lab.setParam("region", "world");
    await untilStatus({ strong: "fresh", report: "fresh" });
    await lab.setParam("minMagnitude", theme === "Light" ? 7.8 : 7.7);
    await untilStatus({ strong: "stale" });
    await lab.stage("model").first().click();
    await lab.runStaleButton.click();
    await untilStatus({ model: "failed" });
    await lab.setParam("minMagnitude", 4.5);
    await untilStatus({ model: "fresh", report: "fresh" });
    await lab.setParam("region", theme === "Light" ? "pacific" : "europe");
    await untilStatus({ strong: "stale" });
    await lab.stage("strong").first().click();
  });

  test.each(panels)("[O7] axe-core finds no serious violation in the panel %s", async (panel) => {
    if (panel === "log") await lab.panel("log").locator("[data-log]").first().click();
    expect(await violations(`[data-stagebook="${panel}"]`)).toEqual([]);
  });

  test("[O7] axe-core finds none in the sidebar's header either", async () => {
    expect(await violations("#stagebook-sidebar .stagebook-Header")).toEqual([]);
  });

  test.each(panels)("[O7] a picture of the panel %s", async (panel) => {
    // High enough for each panel of the sidebar.
    await lab.page.setViewportSize({ width: 1600, height: 1900 });
    await lab.page.mouse.move(5, 5);
    if (panel === "dag") await lab.panel("dag").getByRole("button", { name: "Fit the whole graph" }).click();
    const path = join(pictures(), `${names[panel]}-${theme.toLowerCase()}.png`);
    await lab.panel(panel).screenshot({ path, animations: "disabled" });
  });

  test("[O7] a picture of the whole", async () => {
    await lab.page.setViewportSize({ width: 1400, height: 1000 });
    await lab.page.screenshot({ path: join(pictures(), `whole-${theme.toLowerCase()}.png`), animations: "disabled" });
  });
});

describe("by keyboard alone", () => {
  const press = (key: string) => lab.page.keyboard.press(key);
  const focused = () =>
    lab.page.evaluate(() => {
      const { dataset, innerText, ariaLabel } = document.activeElement as HTMLElement;
      return dataset.stage ?? dataset.param ?? ariaLabel ?? innerText;
    });

  /** Presses Tab until the wanted element has the focus. */
  async function tabTo(isThere: (text: string) => boolean, key = "Tab"): Promise<void> {
    const seen: string[] = [];
    for (let presses = 0; presses < 60; presses++) {
      const text = await focused();
      if (isThere(text)) return;
      seen.push(text.slice(0, 40));
      await press(key);
    }
    throw new Error(`Tab led to ${seen.join(" | ")}`);
  }

  beforeAll(async () => {
    await lab.setParam("region", "world");
    await untilStatus({ report: "fresh" });
    await lab.page.locator("#stagebook-sidebar .stagebook-Header button:enabled").first().focus();
  });

  test("[O7] a stage is chosen with Tab, arrow keys and Enter; its menu opens with the menu key", async () => {
    await tabTo((text) => text === "quakes");
    await press("ArrowDown");
    await eventually(focused).toBe("strong");
    await press("Enter");
    await eventually(() => lab.panel("stage").innerText()).toContain("strong");
    await lab.stage("strong").first().focus();
    await press("Shift+F10");
    await lab.page.getByRole("menu").first().waitFor();
    await press("Escape");
    await eventually(() => lab.page.getByRole("menu").count()).toBe(0);
  });

  test("[P10] a parameter is changed by typing, and the stale stages are run from the header", async () => {
    await lab.stage("strong").first().focus();
    await tabTo((text) => text === "minMagnitude");
    await press("Control+A");
    await lab.page.keyboard.type("4.2");
    await eventually(() => lab.stageStatus("strong")).toBe("stale");
    const before = lab.events.length;
    await tabTo((text) => text.startsWith("Run stale"), "Shift+Tab");
    await press("Enter");
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
    expect(executed(lab.events.slice(before))).toContain("strong");
  });

  test("[O1] the log is read with the arrow keys, and a line is unfolded and closed", async () => {
    await lab.command("stagebook:show-log");
    await tabTo((text) => text === "Log lines");
    await press("End");
    await press("ArrowUp");
    await lab.panel("log").getByRole("button", { name: "Close" }).waitFor();
    await press("Escape");
    await eventually(() => lab.panel("log").getByRole("button", { name: "Close" }).count()).toBe(0);
  });
});

function pictures(): string {
  const folder = join(repository, process.env.STAGEBOOK_SCREENSHOTS ?? join("test", "artifacts"));
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** For hooks, in which there is no `eventually`. */
async function untilStatus(statuses: { readonly [stage: string]: string }): Promise<void> {
  for (const [stage, status] of Object.entries(statuses))
    await lab
      .stage(stage)
      .and(lab.page.locator(`[data-status="${status}"]`))
      .first()
      .waitFor();
}

/** Serious and critical ones, one line each. */
async function violations(selector: string): Promise<string[]> {
  await lab.page.evaluate(axe);
  return lab.page.evaluate(async (selector) => {
    const { axe } = window as unknown as { axe: { run(root: object, options: object): Promise<AxeResults> } };
    const { violations } = await axe.run(
      { include: [selector] },
      { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] },
    );
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) =>
        nodes.map(
          ({ html, any }) =>
            `${id}: ${html.slice(0, 160)} ${any
              .map(({ message }) => message)
              .join(" ")
              .slice(0, 160)}`,
        ),
      );
  }, selector);
}
