/** Texts of any length in the page: their start and end at once, all of them on request, as the record of their run has them. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { useLab } from "../rig/lab/lab-rig";
import { untilStatus } from "../rig/lab/quakes-notebook";
import { eventually } from "../rig/lab/eventually";

const lab = useLab({ viewport: { width: 1366, height: 768 } });

const cells = [
  `import { stage } from "stagebook";
const lines = (what: string) => Array.from({ length: 5000 }, (_, n) => what + " line " + n).join("\\n");`,
  `const talk = stage("talk", ({ log }) => {
  log.info("short");
  log.info(lines("talk"), { rows: 7, notes: lines("notes").slice(0, 9000), more: lines("more").slice(0, 9000) });
  log.info(lines("again"));
});
await talk();`,
  `const bad = stage("bad", () => { throw new RangeError(lines("thrown")); });
const poor = stage("poor", () => { throw new Error("short") });
await Promise.allSettled([bad(), poor()]);`,
];
const lines = (what: string): string => Array.from({ length: 5000 }, (_, n) => `${what} line ${n}`).join("\n");

const row = (text: string) => lab.panel("log").locator("[data-log]").filter({ hasText: text }).first();
const showAll = (panel: "log" | "stage") => lab.panel(panel).getByRole("button", { name: /^Show all/ });
const dialog = () => lab.page.getByRole("dialog");
const region = () => dialog().getByRole("region");
const shown = () => dialog().locator("pre").allTextContents();
const isFocused = (selector: string) => lab.page.evaluate((to) => document.activeElement?.matches(to) ?? false, selector); // prettier-ignore

async function closeDialog(): Promise<void> {
  // Escape is read where the focus is.
  await eventually(() => lab.page.evaluate(() => Boolean(document.activeElement?.closest(".jp-Dialog")))).toBe(true);
  await lab.page.keyboard.press("Escape");
  await eventually(() => dialog().count()).toBe(0);
}

beforeAll(async () => {
  await lab.openNotebook(cells);
  await lab.runAll();
  await untilStatus(lab, { talk: "fresh", bad: "failed", poor: "failed" });
  await lab.command("stagebook:show-log");
});

test("[O1] a log line that was shortened is shown whole by keyboard, within the window, and Escape returns to its button", async () => {
  await row("talk line 0").click();
  await eventually(() => lab.panel("log").locator(".stagebook-LogDetail").innerText()).toContain("characters left out");
  await showAll("log").focus();
  await lab.page.keyboard.press("Enter");
  await eventually(shown).toEqual([lines("talk"), "7", ...["notes", "more"].map((name) => lines(name).slice(0, 9000))]);
  await lab.screenshot("whole text log light");
  const [box, view] = [await dialog().locator(".jp-Dialog-content").boundingBox(), lab.page.viewportSize()];
  expect(box?.y).toBeGreaterThanOrEqual(0);
  expect((box?.y ?? 0) + (box?.height ?? Infinity)).toBeLessThanOrEqual(view?.height ?? 0);
  await eventually(() => isFocused(".stagebook-WholeText")).toBe(true);
  await lab.page.keyboard.press("End");
  await eventually(() => region().evaluate((node) => node.scrollTop > 1000)).toBe(true);
  await lab.page.keyboard.press("Escape");
  await eventually(() => dialog().count()).toBe(0);
  await eventually(() => showAll("log").evaluate((node) => node === document.activeElement)).toBe(true);
  await eventually(() => lab.panel("log").getByRole("button", { name: "Close" }).count()).toBe(1);
});

test("[O1] of two long lines of one moment the right one is shown, and all of a text can be copied", async () => {
  await lab.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await row("again line 0").click();
  await showAll("log").click();
  await eventually(shown).toEqual([lines("again")]);
  await dialog().getByRole("button", { name: "Copy" }).click();
  await eventually(() => lab.page.evaluate(() => navigator.clipboard.readText())).toBe(lines("again"));
  await dialog().getByRole("button", { name: "Close" }).click();
  await eventually(() => dialog().count()).toBe(0);
});

test("[U1] the stage panel shows all of an error that was shortened, also after a reload and in a past run", async () => {
  await lab.stage("bad").first().click();
  await showAll("stage").click();
  await eventually(async () => (await shown())[0]).toBe(lines("thrown"));
  await lab.screenshot("whole text error light");
  await closeDialog();
  await lab.reload();
  await eventually(() => lab.stageStatus("bad")).toBe("failed");
  await lab.stage("bad").first().click();
  await showAll("stage").click();
  await eventually(async () => (await shown())[0]).toBe(lines("thrown"));
  await closeDialog();
  await lab.command("stagebook:show-runs");
  await lab.panel("runs").locator("[data-run]").filter({ hasText: "bad" }).first().click();
  await eventually(() => lab.page.locator("#stagebook-sidebar .stagebook-Past").count()).toBe(1);
  await lab.stage("bad").first().click();
  await showAll("stage").click();
  await eventually(async () => (await shown())[0]).toBe(lines("thrown"));
  await closeDialog();
  await lab.page.getByRole("button", { name: "Return to current state" }).first().click();
});

test("[O1] short lines and short errors have no such button", async () => {
  await lab.stage("poor").first().click();
  await eventually(() => lab.panel("stage").getByLabel("Error", { exact: true }).innerText()).toContain("short");
  expect(await showAll("stage").count()).toBe(0);
  await lab.command("stagebook:show-log");
  await row("short").click();
  await lab.panel("log").getByRole("button", { name: "Only this run" }).waitFor();
  expect(await showAll("log").count()).toBe(0);
});

test("[O1] a text whose record was removed: a message says so", async () => {
  rmSync(join(lab.folder.path, ".stagebook", "runs"), { recursive: true });
  await lab.stage("bad").first().click();
  await showAll("stage").click();
  await eventually(() => dialog().getByRole("status").innerText()).toContain("no longer available");
  await lab.screenshot("whole text gone light");
  await closeDialog();
  await row("talk line 0").click();
  await showAll("log").click();
  await eventually(() => dialog().getByRole("status").innerText()).toContain("no longer available");
  await closeDialog();
});
