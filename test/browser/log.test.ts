/** The log panel: complete lines of the stages, with filters, following, export and clearing. */
import { readFileSync } from "node:fs";
import type { LogRecord } from "stagebook/protocol";
import { beforeAll, expect, test } from "vitest";
import { useLab } from "../rig/lab/lab-rig";
import { eventually } from "../rig/lab/eventually";

const lab = useLab();
const LINES = 20_000;

const cells = [
  `import { stage } from "stagebook";`,
  `const talk = stage("talk", ({ log }) => {
  log.debug("a detail");
  log.info("counted", { rows: 7 });
  log.warn("careful");
  log.error("wrong", { code: "E7" });
  console.log("printed");
});
await talk();`,
  `const other = stage("other", ({ log }) => log.info("from the other", { rows: 8 }));\nawait other();`,
  `const flood = stage("flood", ({ log }) => {
  for (let line = 1; line <= ${LINES}; line++) log.info("line " + line, { line });
});`,
  `await flood();`,
  `const later = stage("later", ({ log }) => log.info("the newest line"));\nawait later();`,
];

const panel = () => lab.panel("log");
const list = () => panel().getByRole("listbox");
const filter = (name: "level" | "run" | "stage" | "text") => panel().locator(`[data-filter="${name}"]`);
const count = () => panel().getByRole("status").first().innerText();
const messages = async () =>
  (await panel().locator("[data-log] .stagebook-LogRow-message").allInnerTexts()).map((text) => text.trim());
const distanceFromEnd = () =>
  list().evaluate((node) => Math.round(node.scrollHeight - node.clientHeight - node.scrollTop));

beforeAll(async () => {
  await lab.openNotebook(cells);
  for (const cell of [0, 1, 2, 3]) await lab.runCell(cell);
});

test("[O1] the log stays closed, and its item in the status bar counts its lines and opens it", async () => {
  const item = lab.page.locator(".stagebook-LogStatus");
  await eventually(() => item.innerText()).toBe("⚠ Log (5)");
  expect(await panel().count()).toBe(0);
  await item.getByRole("button").click();
  await panel().waitFor();
  await eventually(() => item.innerText()).toBe("Log");
});

test("[O1] each line has its level, stage and message, in order", async () => {
  await eventually(async () => (await lab.logRows()).map(({ level, stage }) => `${level} ${stage}`)).toEqual([
    "debug talk",
    "info talk",
    "warn talk",
    "error talk",
    "info talk",
    "info other",
  ]);
  await eventually(messages).toEqual(["a detail", "counted", "careful", "wrong", "printed", "from the other"]);
  expect((await lab.logRows())[1]?.text).toContain("rows=7");
});

test("[O1] the filters for level, stage and text work alone and together", async () => {
  await filter("level").selectOption("warn");
  await eventually(messages).toEqual(["careful", "wrong"]);
  await filter("level").selectOption("debug");
  await filter("stage").selectOption("other");
  await eventually(messages).toEqual(["from the other"]);
  await filter("stage").selectOption("");
  await filter("text").fill("ROWS=");
  await eventually(messages).toEqual(["counted", "from the other"]);
  await filter("stage").selectOption("talk");
  await eventually(messages).toEqual(["counted"]);
  await eventually(count).toBe("1 of 6 lines");
  await filter("stage").selectOption("");
  await filter("text").fill("");
  await eventually(messages).toMatchObject({ length: 6 });
});

test("[O1] a click on a line shows its details, which lead to its cell", async () => {
  await panel().locator('[data-level="error"]').click();
  await eventually(() => panel().getByLabel("Log line", { exact: true }).innerText()).toMatch(/wrong[^]*E7/);
  await panel().getByRole("button", { name: "Show cell" }).click();
  await eventually(() => lab.activeCell()).toEqual({ id: "c2", inView: true });
  await panel().getByRole("button", { name: "Close" }).click();
});

test("[O1] 20,000 lines logged at once all arrive, and the newest is visible", async () => {
  await lab.runCell(4);
  await eventually(count).toBe("20,006 of 20,006 lines");
  await eventually(async () => (await messages()).at(-1)).toBe(`line ${LINES}`);
  await eventually(distanceFromEnd).toBe(0);
  expect((await lab.logRows()).length).toBeLessThan(200);
  await filter("text").fill("line=12345");
  await eventually(messages).toEqual(["line 12345"]);
  await filter("text").fill("");
  await eventually(count).toBe("20,006 of 20,006 lines");
});

test("[O1] scrolling up stops following, new lines do not move the view, and Follow returns to the end", async () => {
  const follow = panel().getByRole("button", { name: "Follow" });
  expect(await follow.getAttribute("aria-pressed")).toBe("true");
  await list().hover();
  await lab.page.mouse.wheel(0, -2000);
  await eventually(() => follow.getAttribute("aria-pressed")).toBe("false");
  await eventually(distanceFromEnd).toBe(2000);
  const top = await list().evaluate((node) => node.scrollTop);
  await lab.runCell(5);
  await eventually(count).toBe("20,007 of 20,007 lines");
  await eventually(() => list().evaluate((node) => node.scrollTop)).toBe(top);
  expect(await follow.getAttribute("aria-pressed")).toBe("false");
  await follow.click();
  await eventually(async () => (await messages()).at(-1)).toBe("the newest line");
  await eventually(distanceFromEnd).toBe(0);
});

test("[O1] fields are compared, a line leads to the lines of its run, and visible lines are saved as NDJSON", async () => {
  await filter("text").fill("line>=19999 line!=20000");
  await eventually(messages).toEqual(["line 19999"]);
  await filter("text").fill("rows>6");
  await eventually(messages).toEqual(["counted", "from the other"]);
  await panel().locator("[data-log]").first().click();
  await panel().getByRole("button", { name: "Only this run" }).click();
  await filter("text").fill("");
  await eventually(messages).toMatchObject({ length: 5 });
  const saved = lab.page.waitForEvent("download");
  await panel().getByRole("button", { name: "Save" }).click();
  const download = await saved;
  expect(download.suggestedFilename()).toBe("notebook-log.ndjson");
  const lines = readFileSync(await download.path(), "utf8")
    .trimEnd()
    .split("\n");
  expect(lines.map((line) => (JSON.parse(line) as LogRecord).message)).toEqual(await messages());
  await filter("run").selectOption("");
  await eventually(count).toBe("20,007 of 20,007 lines");
});

test("[O1] after a reload, Older loads the lines that the page no longer has, each once", async () => {
  await lab.reload();
  await eventually(() => lab.stageStatus("flood")).toBe("fresh");
  await eventually(async () => Number((await count()).replace(/,/g, "").split(" ")[2]) < 5_000).toBe(true);
  // The number of lines that the browser had saved is unknown; the kernel sends 10,000 per request.
  for (let shown = await count(); shown !== "20,007 of 20,007 lines"; shown = await count()) {
    await panel().getByRole("button", { name: "Older" }).click();
    await eventually(async () => (await count()) !== shown).toBe(true);
  }
  await list().evaluate((node) => void (node.scrollTop = 0));
  await eventually(async () => (await messages())[0]).toBe("a detail");
});

test("[O1] Clear empties the list, even after a reload, and later lines appear", async () => {
  await panel().getByRole("button", { name: "Clear" }).click();
  await eventually(() => panel().innerText()).toContain("No log lines yet.");
  await lab.reload();
  await eventually(() => lab.stageStatus("flood")).toBe("fresh");
  await eventually(() => panel().innerText()).toContain("No log lines yet.");
  await lab.editCell(5, `console.error("x");\n${(cells[5] ?? "").replace("newest", "last")}`);
  await lab.runCell(5);
  await eventually(messages).toEqual(["the last line"]);
});
