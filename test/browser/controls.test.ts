/** Controls where people look: `show(param)` in an output, nested values, groups, types. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Locator } from "playwright-core";
import { useLab } from "../rig/lab/lab-rig";
import { eventually } from "../rig/lab/eventually";

const lab = useLab();

const cells = [
  `import { param, show, stage } from "stagebook";`,
  `const limit = param("etl/limit", 5, { min: 0, max: 10, step: 1, unit: "rows" });
/** How exact. */
const mode = param<"fast" | "exact">("etl/mode", "fast");
const day = param("day", "Mon", { group: "when" });`,
  `const area = param("area", { name: "a", tags: ["x"], shape: { kind: "circle", r: 1 }, sides: ["n"] }, { schema: {
  type: "object",
  required: ["name", "tags", "shape", "sides"],
  properties: {
    name: { type: "string", minLength: 1 },
    tags: { type: "array", items: { type: "string" } },
    sides: { type: "array", items: { enum: ["n", "s"] }, uniqueItems: true },
    note: { type: "string" },
    shape: { oneOf: [
      { type: "object", required: ["kind", "r"], properties: { kind: { const: "circle" }, r: { type: "number" } } },
      { type: "object", required: ["kind", "w"], properties: { kind: { const: "box" }, w: { type: "number" } } },
    ] },
  },
} });`,
  `const rows = stage("rows", { limit, mode, area }, ({ limit }) => limit);\nawait rows();`,
  `show(limit, mode);`,
  `console.log(JSON.stringify(area.value));`,
];
const [shownCell, valueCell] = [4, 5];

/** A control in the output of the cell. */
const inline = (name: string): Locator =>
  lab.page.locator(`.stagebook-InlineParams:visible [data-param="${name}"]`).first();
const part = (name: string): Locator => lab.panel("params").locator(`[data-part="${name}"]`);
const button = (name: string): Locator => lab.panel("params").getByRole("button", { name, exact: true });
const area = async (): Promise<unknown> => {
  await lab.runCell(valueCell);
  return JSON.parse(await lab.outputText(valueCell));
};

beforeAll(async () => {
  await lab.openNotebook(cells);
  await lab.runAll();
});

describe("show(param)", () => {
  test("[P10] is a control beside the output that sets the parameter, as the form does", async () => {
    await inline("etl/limit").waitFor();
    await eventually(() => lab.page.locator(".stagebook-InlineParams:visible .stagebook-Params-row").count()).toBe(2);
    await inline("etl/limit").fill("7");
    await eventually(() => lab.param("etl/limit").inputValue()).toBe("7");
    await eventually(() => lab.stageStatuses()).toEqual({ rows: "stale" });
    await inline("etl/mode").selectOption({ label: "exact" });
    await eventually(() => lab.param("etl/mode").inputValue()).toBe("1");
    // The control follows by itself: its cell is not out of date, and what the file keeps is replaced.
    await eventually(() => lab.outputText(shownCell)).toBe(
      `etl/limit = 7 rows (default 5)\netl/mode = "exact" (default "fast")`,
    );
    expect((await lab.cellMarks())[shownCell]).not.toBe("stale");
  });

  test("[P10] follows a change made elsewhere, and refuses the same values", async () => {
    await lab.setParam("etl/limit", 3);
    await eventually(() => inline("etl/limit").inputValue()).toBe("3");
    await inline("etl/limit").fill("99");
    const problem = lab.page.locator(".stagebook-InlineParams:visible .stagebook-Params-problem");
    await eventually(() => problem.allTextContents()).toEqual([expect.stringContaining("must be 10 or less")]);
    await inline("etl/limit").fill("4");
    await eventually(() => problem.count()).toBe(0);
  });
});

describe("a nested value", () => {
  test("[P10] lists: add, move, remove; choices; tagged unions; optional properties", async () => {
    await part("area.name").fill("b");
    await button("area.tags: Add item").click();
    await part("area.tags 2").fill("y");
    await button("area.tags: Move item 2 up").click();
    await part("area.sides").getByLabel("s").check();
    await part("area.shape?").selectOption({ label: "box" });
    await part("area.shape.w").fill("2.5");
    await button("Set area.note").click();
    await part("area.note").fill("new");
    await eventually(area).toEqual({
      name: "b",
      tags: ["y", "x"],
      sides: ["n", "s"],
      note: "new",
      shape: { kind: "box", w: 2.5 },
    });
    await button("Leave area.note out").click();
    await button("area.tags: Remove item 1").click();
    await eventually(area).toMatchObject({ tags: ["x"], name: "b" });
    expect(await area()).not.toHaveProperty("note");
  });

  test("[P1] what the schema does not allow is reported and not set", async () => {
    await part("area.name").fill("");
    const problem = lab.panel("params").locator(".stagebook-Params-problem");
    await eventually(() => problem.allTextContents()).toEqual([
      expect.stringContaining("name must have at least 1 character"),
    ]);
    expect(await area()).toMatchObject({ name: "b" });
    await part("area.name").fill("c");
    await eventually(() => problem.count()).toBe(0);
    await eventually(area).toMatchObject({ name: "c" });
  });
});

describe("groups", () => {
  test("[P10] from names and from the option; folded ones stay folded after a reload", async () => {
    const groups = lab.panel("params").locator("[data-group]");
    await eventually(() => groups.evaluateAll((nodes) => nodes.map((node) => node.getAttribute("data-group")))).toEqual(
      ["etl", "when"],
    );
    await groups.first().click();
    await eventually(() => lab.param("etl/limit").isVisible()).toBe(false);
    expect(await lab.param("day").isVisible()).toBe(true);
    await lab.reload();
    await groups.first().waitFor();
    await eventually(() => groups.first().getAttribute("aria-expanded")).toBe("false");
    await groups.first().click();
    await lab.param("etl/limit").waitFor();
  });
});

describe("without the kernel", () => {
  test("[P10] the controls in outputs are disabled", async () => {
    await lab.inPanel((panel) => panel.sessionContext.shutdown(), null);
    await eventually(() => inline("etl/limit").isDisabled()).toBe(true);
  });
});
