/** The parameter form: one control per kind, the same values as in code, and no invalid value gets through. */
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { StagebookEvent } from "stagebook/protocol";
import { executed } from "../rig/kernel/event-log";
import { useLab } from "../rig/lab/lab-rig";
import { eventually } from "../rig/lab/eventually";

const lab = useLab();

/** One parameter of each kind, and a stage that reads it. */
const kinds = [
  { kind: "number", code: `4.5, { min: 0, max: 10, step: 0.1 }`, typed: 5.5, set: "5.5" },
  { kind: "integer", code: `3, { min: 0, max: 10, step: 1 }`, typed: 7, set: "7" },
  { kind: "boolean", code: `false`, typed: true, set: "true" },
  { kind: "choice", code: `"region", { choices: ["region", "day"] }`, typed: "day", set: `"day"` },
  { kind: "string", code: `"north"`, typed: "south", set: `"south"` },
  { kind: "date", code: `new Date("2018-02-01")`, typed: "2018-02-04", set: `new Date("2018-02-04")` },
  {
    kind: "json",
    code: `{ radius: 2, names: ["a"] }`,
    typed: `{"names": ["a", "b"], "radius": 3}`,
    set: `{ radius: 3, names: ["a", "b"] }`,
  },
] as const;
type Kind = (typeof kinds)[number]["kind"];

const definitions = kinds.flatMap(({ kind, code }) => [
  `const ${kind}Param = param("${kind}", ${code});`,
  `const ${kind}Stage = stage("of-${kind}", { value: ${kind}Param }, ({ value }) => ["${kind}", value]);\nawait ${kind}Stage()`,
]);
const cells = [`import { param, stage } from "stagebook";`, ...definitions, `numberParam.value`, ``];
const valueCell = cells.length - 2;
const freeCell = cells.length - 1;
const allFresh = Object.fromEntries(kinds.map(({ kind }) => [`of-${kind}`, "fresh"]));

beforeAll(async () => {
  await lab.openNotebook(cells);
  await lab.runAll();
});

describe("each kind of control", () => {
  /** The key of each stage's result after an edit in the form. */
  const keys = new Map<Kind, string | undefined>();

  test("[P10] the form has a control for each kind", async () => {
    await lab.param("number").waitFor();
    const controls = kinds.map(({ kind }) => lab.param(kind));
    const types = controls.map((control) =>
      control.evaluate((node) => (node instanceof HTMLInputElement ? node.type : node.tagName.toLowerCase())),
    );
    expect(await Promise.all(types)).toEqual(["number", "number", "checkbox", "select", "text", "date", "textarea"]);
  });

  test.each(kinds)("[P10] an edit of the $kind makes its stage stale, and no other", async ({ kind, typed }) => {
    const before = lab.events.length;
    await lab.setParam(kind, typed);
    await eventually(() => lab.stageStatuses()).toEqual({ ...allFresh, [`of-${kind}`]: "stale" });
    await lab.command("stagebook:run-stale");
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
    await eventually(() => executed(lab.events.slice(before))).toEqual([`of-${kind}`]);
    keys.set(kind, keyOf(kind, lab.events.slice(before)));
  });

  test("[P10] Reset all restores every default, and runs nothing", async () => {
    const before = lab.events.length;
    await lab.panel("params").getByRole("button", { name: "Reset all" }).click();
    await eventually(() => lab.param("json").inputValue()).toBe(JSON.stringify({ radius: 2, names: ["a"] }, null, 2));
    await eventually(() => lab.param("boolean").isChecked()).toBe(false);
    await lab.command("stagebook:run-stale");
    expect(executed(lab.events.slice(before))).toEqual([]);
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
  });

  test("[P10] the same values set in code have the same keys as those from the form", async () => {
    const before = lab.events.length;
    await runCode(kinds.map(({ kind, set }) => `${kind}Param.set(${set});`).join("\n") + "\nawait pipelineRun();");
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
    const found = () => kinds.map(({ kind }) => [kind, keyOf(kind, lab.events.slice(before))]);
    await eventually(() => Object.fromEntries(found()) as object).toEqual(Object.fromEntries(keys));
    expect(executed(lab.events.slice(before))).toEqual([]);
    await runCode(kinds.map(({ kind }) => `${kind}Param.reset();`).join("\n"));
  });
});

describe("an invalid value", () => {
  beforeEach(async () => {
    const reset = lab.panel("params").getByRole("button", { name: "Reset all" });
    // Late events of the previous test may still enable or disable the button.
    const isNeeded = async (): Promise<boolean> =>
      (await reset.isVisible()) && (await reset.isEnabled({ timeout: 1_000 }));
    await eventually(async () => {
      if (await isNeeded()) await reset.click({ timeout: 1_000 });
      return isNeeded();
    }).toBe(false);
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
  });

  test.each([
    { kind: "number", typed: "99", message: "must be 10 or less" },
    { kind: "number", typed: "", message: "enter a value" },
    { kind: "integer", typed: "2.5", message: "must be a whole number" },
    { kind: "json", typed: `{"radius": `, message: "not valid JSON" },
  ] as const)("[P1] $typed for the $kind: a message below the control, nothing runs, nothing is lost", async (row) => {
    const before = lab.events.length;
    await lab.setParam(row.kind, row.typed);
    await eventually(() => problems()).toContain(row.message);
    expect(await lab.param(row.kind).inputValue()).toBe(row.typed);
    // Events arrive in the order of the commands: had the invalid value been sent, its event would be here.
    await lab.setParam("string", "elsewhere");
    await eventually(() => lab.stageStatuses()).toEqual({ ...allFresh, "of-string": "stale" });
    expect(changes(lab.events.slice(before))).toEqual(["string"]);
    expect(executed(lab.events.slice(before))).toEqual([]);
    expect(await problems()).toContain(row.message);
    await lab.runCell(valueCell);
    await eventually(() => lab.outputText(valueCell)).toBe("4.5\n");
  });

  test("[P1] out of range in code: the cell shows the name and the allowed range, nothing runs, nothing is lost", async () => {
    const before = lab.events.length;
    const text = await runCode(`numberParam.set(99)`);
    expect(text).toContain("number");
    expect(text).toContain("10");
    expect(changes(lab.events.slice(before))).toEqual([]);
    expect(executed(lab.events.slice(before))).toEqual([]);
    expect(await lab.param("number").inputValue()).toBe("4.5");
  });

  test("[P10] the reset button of one parameter leaves the others", async () => {
    await lab.setParam("number", 6);
    await lab.setParam("integer", 9);
    await eventually(() => lab.stageStatuses()).toEqual({ ...allFresh, "of-number": "stale", "of-integer": "stale" });
    await lab
      .panel("params")
      .getByRole("button", { name: /^number: / })
      .click();
    await eventually(() => lab.stageStatuses()).toEqual({ ...allFresh, "of-integer": "stale" });
    await eventually(() => lab.param("number").inputValue()).toBe("4.5");
    expect(await lab.param("integer").inputValue()).toBe("9");
  });
});

describe("the user's most recent change", () => {
  test("[P11] Run All keeps a value set in the sidebar, also after a restart", async () => {
    await lab.setParam("number", 8);
    await eventually(() => lab.stageStatus("of-number")).toBe("stale");
    await lab.runAll();
    await eventually(() => lab.outputText(valueCell)).toBe("8\n");
    await lab.restartKernel();
    await lab.runAll();
    await eventually(() => lab.outputText(valueCell)).toBe("8\n");
    await eventually(() => lab.param("number").inputValue()).toBe("8");
  });

  test("[P11] a changed default replaces the value set in the sidebar, and is logged", async () => {
    await lab.editCell(1, `const numberParam = param("number", 2.5, { min: 0, max: 10, step: 0.1 });`);
    await lab.runAll();
    await eventually(() => lab.outputText(valueCell)).toBe("2.5\n");
    await eventually(() => lab.param("number").inputValue()).toBe("2.5");
    await lab.command("stagebook:show-log");
    await eventually(async () => (await lab.logRows()).map(({ text }) => text).join("\n")).toMatch(/number: .*default.* 2\.5 .*8/); // prettier-ignore
  });
});

/** Runs code in the last cell, which is emptied afterwards; returns its output. `pipelineRun` runs every stage. */
async function runCode(code: string): Promise<string> {
  const run = `await Promise.all([${kinds.map(({ kind }) => `${kind}Stage()`).join(", ")}]);`;
  await lab.editCell(freeCell, code.replace("await pipelineRun();", run));
  try {
    await lab.runCell(freeCell);
    return await lab.outputText(freeCell);
  } finally {
    await lab.editCell(freeCell, "");
  }
}

/** The key of the last result of the stage for this kind. */
function keyOf(kind: Kind, events: readonly StagebookEvent[]): string | undefined {
  return events
    .flatMap((event) => ("result" in event && event.stage === `of-${kind}` ? [event.result.key] : []))
    .at(-1);
}

const changes = (events: readonly StagebookEvent[]): string[] =>
  events.flatMap((event) => (event.type === "param:changed" ? [event.param.name] : []));

async function problems(): Promise<string> {
  return (await lab.panel("params").getByRole("alert").allInnerTexts()).join("\n");
}
