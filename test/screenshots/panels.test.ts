/** The pictures in lab-extension/images: each panel and the whole window, in light and dark. */
import { join } from "node:path";
import { beforeAll, describe, test } from "vitest";
import { useLab } from "../rig/lab/lab-rig";
import { openQuakes, showQuakesIn } from "../rig/lab/quakes-notebook";
import { takePicture } from "./picture";

const lab = useLab({ viewport: { width: 1600, height: 1300 } });
const panels = [
  ["graph", "dag"],
  ["parameters", "params"],
  ["stage", "stage"],
  ["log", "log"],
] as const;

beforeAll(() => openQuakes(lab));

describe.each(["Light", "Dark"] as const)("%s", (theme) => {
  const path = (name: string): string => join("lab-extension", "images", `${name}-${theme.toLowerCase()}.png`);

  beforeAll(() => showQuakesIn(lab, theme));

  test.each(panels)("%s", async (name, panel) => {
    // High enough for the full content of each panel.
    await lab.page.setViewportSize({ width: 1600, height: 1900 });
    // The drawing: the picture of the whole window has the list.
    if (panel === "dag") await lab.panel("dag").getByRole("button", { name: "Show as graph" }).click();
    if (panel === "dag") await lab.panel("dag").getByRole("button", { name: "Fit the whole graph" }).click();
    if (panel === "log") await lab.panel("log").locator("[data-log]").first().click();
    await lab.page.mouse.move(5, 5);
    await takePicture(lab.panel(panel), path(name));
    if (panel === "dag") await lab.panel("dag").getByRole("button", { name: "Show as list" }).click();
    if (panel === "log") await lab.panel("log").getByRole("button", { name: "Close" }).click();
  });

  test("the whole window", async () => {
    await lab.page.setViewportSize({ width: 1400, height: 1000 });
    await takePicture(lab.page, path("whole"));
  });
});
