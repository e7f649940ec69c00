/** Accessibility of the panels: no serious violation in any theme, and everything works by keyboard alone. */
import { beforeAll, describe, expect, test } from "vitest";
import { executed } from "../rig/kernel/event-log";
import { findViolations } from "../rig/lab/axe";
import { Keyboard } from "../rig/lab/keyboard";
import { useLab } from "../rig/lab/lab-rig";
import { eventually } from "../rig/lab/eventually";
import { part } from "../rig/part";
import { allFresh, openQuakes, showQuakesIn, untilStatus } from "../rig/lab/quakes-notebook";

const lab = useLab({ viewport: { width: 1600, height: 1300 } });

const panels = ["dag", "params", "stage", "log"] as const;
const violations = (selector: string) => findViolations(lab.page, selector);
const list = () => lab.panel("dag").getByRole("tree");

beforeAll(() => openQuakes(lab));

// The other theme first than in accessibility-open: `npm test` has both.
describe.each(part(["Dark", "Light"] as const, 1))("in the %s theme", (theme) => {
  beforeAll(() => showQuakesIn(lab, theme));

  test.each(panels)("[O7] axe-core finds no serious violation in the panel %s", async (panel) => {
    if (panel === "log") await lab.panel("log").locator("[data-log]").first().click();
    expect(await violations(`[data-stagebook="${panel}"]`)).toEqual([]);
  });

  test("[O7] axe-core finds no serious violation in the drawing of the graph", async () => {
    await lab.panel("dag").getByRole("button", { name: "Show as graph" }).click();
    await lab.panel("dag").locator(".react-flow__node").first().waitFor();
    expect(await violations('[data-stagebook="dag"]')).toEqual([]);
    await lab.panel("dag").getByRole("button", { name: "Show as list" }).click();
    await list().waitFor();
  });

  test("[O7] axe-core finds no serious violation in the status bar's items", async () => {
    expect(await violations(".stagebook-StatusBar")).toEqual([]);
    expect(await violations(".stagebook-LogStatus")).toEqual([]);
  });

  test("[P10] the unit of a parameter is not part of its name", async () => {
    await eventually(() => lab.panel("params").getByRole("spinbutton", { name: "minMagnitude", exact: true }).count()).toBe(1); // prettier-ignore
    await eventually(() => lab.param("minMagnitude").evaluate(describedBy)).toBe("Mw Weaker quakes are left out");
  });

  test("[O7] axe-core finds no serious violation in the sidebar's header", async () => {
    expect(await violations("#stagebook-sidebar .stagebook-Header")).toEqual([]);
  });
});

describe("by keyboard alone", () => {
  const keyboard = new Keyboard(() => lab.page);
  const press = (key: string) => keyboard.press(key);
  const focused = () => keyboard.focused();
  const tabTo = (isMatch: (text: string) => boolean, key?: string) => keyboard.tabTo(isMatch, key);

  beforeAll(async () => {
    await lab.setParam("region", "world");
    await untilStatus(lab, { report: "fresh" });
    await lab.page.locator("#stagebook-sidebar .stagebook-Header button:enabled").first().focus();
  });

  test("[O7] Tab, arrow keys and Enter select a stage, and the menu key opens its menu", async () => {
    await tabTo((text) => text === "strong");
    await press("Home");
    await eventually(focused).toBe("quakes");
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

  test("[P10] typing changes a parameter, and the header runs the stale stages", async () => {
    await lab.stage("strong").first().focus();
    await tabTo((text) => text === "minMagnitude", "Shift+Tab");
    await press("Control+A");
    await lab.page.keyboard.type("4.2");
    await eventually(() => lab.stageStatus("strong")).toBe("stale");
    const before = lab.events.length;
    await tabTo((text) => text.startsWith("Run stale"), "Shift+Tab");
    await press("Enter");
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
    await eventually(() => executed(lab.events.slice(before))).toContain("strong");
  });

  test("[O1] the arrow keys move through the log, and a line is opened and closed", async () => {
    await lab.command("stagebook:show-log");
    await tabTo((text) => text === "Log lines");
    await press("End");
    await press("ArrowUp");
    await lab.panel("log").getByRole("button", { name: "Close" }).waitFor();
    await press("Escape");
    await eventually(() => lab.panel("log").getByRole("button", { name: "Close" }).count()).toBe(0);
  });
});

/** The text of the elements that describe a control. */
function describedBy(control: Element): string {
  const ids = (control.getAttribute("aria-describedby") ?? "").split(" ");
  return ids.map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
}
