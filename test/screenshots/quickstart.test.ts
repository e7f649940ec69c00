/** The picture at the top of the README: the quickstart notebook after a change of a parameter. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { repository } from "../rig/kernel/notebook-folder";
import { eventually } from "../rig/lab/eventually";
import { useLab } from "../rig/lab/lab-rig";
import { takePicture } from "./picture";

const notebook = readFileSync(join(repository, "notebooks", "quickstart.ipynb"), "utf8");
const lab = useLab({ files: { "quickstart.ipynb": notebook }, viewport: { width: 1400, height: 900 } });

test("notebooks/quickstart.png", async () => {
  await lab.openNotebook("quickstart.ipynb");
  await lab.runAll();
  await lab.command("application:toggle-left-area");
  await lab.setSidebarWidth(440);
  await eventually(() => lab.stageStatus("worldMap")).toBe("fresh");
  await lab.setParam("minMagnitude", 5.5);
  await eventually(() => lab.stageStatus("strong")).toBe("stale");
  await eventually(() => lab.stageStatus("worldMap")).toBe("pending");
  await lab.stage("strong").click();
  await eventually(() => lab.activeCell()).toEqual({ id: "strong", inView: true });
  await lab.command("stagebook:show-log");
  await setLogHeight(120);
  await lab.selectCell((await lab.cellIds()).indexOf("world-map"));
  await lab.page.locator(".jp-Cell.jp-mod-active").evaluate((node) => node.scrollIntoView({ block: "end" }));
  await lab.param("minMagnitude").scrollIntoViewIfNeeded();
  await lab.page.mouse.move(700, 5);
  await takePicture(lab.page, join("notebooks", "quickstart.png"));
});

/** Drags the handle above the log. `height` in CSS pixels. */
async function setLogHeight(height: number): Promise<void> {
  const handle = await lab.page.locator("#jp-main-vsplit-panel > .lm-SplitPanel-handle:visible").boundingBox();
  const log = await lab.panel("log").boundingBox();
  if (!handle || !log) throw new Error("the log is not open");
  const x = handle.x + handle.width / 2;
  await lab.page.mouse.move(x, handle.y + handle.height / 2);
  await lab.page.mouse.down();
  await lab.page.mouse.move(x, handle.y + log.height - height, { steps: 5 });
  await lab.page.mouse.up();
}
