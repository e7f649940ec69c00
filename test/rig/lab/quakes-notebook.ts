/** A notebook of earthquakes for tests of the whole sidebar: stages in every status, log lines of every level. */
import type { Lab } from "./lab-rig";

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

export const allFresh = {
  quakes: "fresh",
  strong: "fresh",
  places: "fresh",
  depths: "fresh",
  model: "fresh",
  report: "fresh",
};

/** Opens the notebook, runs it, and shows its log. */
export async function openQuakes(lab: Lab): Promise<void> {
  await lab.openNotebook(cells, "quakes.ipynb");
  await lab.runAll();
  await untilStatus(lab, { report: "fresh" });
  await lab.setSidebarWidth(480);
  await lab.command("stagebook:show-log");
}

/** Switches the theme. Afterwards a stage has failed and was fixed, and the selected stage `strong` is stale. */
export async function showQuakesIn(lab: Lab, theme: "Light" | "Dark"): Promise<void> {
  await lab.command("apputils:change-theme", { theme: `JupyterLab ${theme}` });
  await lab.page.waitForFunction(
    (isLight) => document.body.dataset.jpThemeLight === String(isLight),
    theme === "Light",
  );
  await lab.setParam("region", "world");
  await untilStatus(lab, { strong: "fresh", report: "fresh" });
  await lab.setParam("minMagnitude", theme === "Light" ? 7.8 : 7.7);
  await untilStatus(lab, { strong: "stale" });
  await lab.stage("model").first().click();
  await lab.runStaleButton.click();
  await untilStatus(lab, { model: "failed" });
  await lab.setParam("minMagnitude", 4.5);
  await untilStatus(lab, { model: "fresh", report: "fresh" });
  await lab.setParam("region", theme === "Light" ? "pacific" : "europe");
  await untilStatus(lab, { strong: "stale" });
  await lab.stage("strong").first().click();
}

/** Also for hooks, in which `eventually` does not work. */
export async function untilStatus(lab: Lab, statuses: { readonly [stage: string]: string }): Promise<void> {
  for (const [stage, status] of Object.entries(statuses))
    await lab
      .stage(stage)
      .and(lab.page.locator(`[data-status="${status}"]`))
      .first()
      .waitFor();
}
