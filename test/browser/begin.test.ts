/** The first minutes: an example by a click, snippets, the tour. */
import { beforeAll, describe, expect, test } from "vitest";
import { EXAMPLE_CELLS } from "../../lab-extension/src/start/snippets";
import { eventually } from "../rig/lab/eventually";
import { useLab } from "../rig/lab/lab-rig";

const lab = useLab({ viewport: { width: 1366, height: 768 } });
const offer = () => lab.page.getByRole("button", { name: "Take the tour" });
const tour = () => lab.page.locator(".stagebook-Tour-window");

describe("a notebook that has stages already", () => {
  beforeAll(() =>
    lab.openNotebook(
      [`import { stage } from "stagebook";`, `const one = stage("one", () => 1);`, `await one()`],
      "written.ipynb",
    ),
  );

  test("[U1] the hint runs its cells, and has no example to insert into them", async () => {
    await lab.command("stagebook:open");
    const hint = lab.page.locator(".stagebook-Header-hint");
    await eventually(() => hint.getByRole("button").allInnerTexts()).toEqual(["Run all cells"]);
    await lab.screenshot("begin written");
    await hint.getByRole("button").click();
    await eventually(() => lab.stageStatuses()).toEqual({ one: "fresh" });
    await eventually(() => hint.count()).toBe(0);
  });

  test("[U1] without parameters their section is as high as its one sentence", async () => {
    await eventually(() => lab.panel("params").innerText()).toContain("No parameters yet");
    await eventually(async () => ((await lab.panel("params").boundingBox())?.height ?? Infinity) < 90).toBe(true);
  });
});

describe("an empty notebook", () => {
  beforeAll(() => lab.openNotebook([""], "empty.ipynb"));

  test("[U1] the hint shows an example, and a click inserts it", async () => {
    await lab.command("stagebook:open");
    const hint = lab.page.locator(".stagebook-Header-hint");
    await eventually(() => hint.locator("code").textContent()).toContain("show(");
    await lab.screenshot("begin hint");
    await hint.getByRole("button", { name: "Insert" }).click();
    await eventually(() => lab.sources()).toEqual(EXAMPLE_CELLS);
    await eventually(() => hint.getByRole("button").allInnerTexts()).toEqual(["Run all cells"]);
    expect(await offer().count()).toBe(0);
  });

  test("[U1] the inserted cells run as they are", async () => {
    await lab.runAll();
    await eventually(() => lab.stageStatuses()).toEqual({ primes: "fresh", largest: "fresh" });
    await eventually(() => lab.outputText(EXAMPLE_CELLS.length - 1)).toContain("97");
    await lab.setParam("limit", 50);
    await lab.runStaleButton.click();
    await eventually(() => lab.outputText(EXAMPLE_CELLS.length - 1)).toContain("47");
  });

  test("[U2] a stage and a parameter are inserted below the selected cell, and run", async () => {
    await lab.selectCell(1);
    await lab.command("stagebook:insert-stage");
    await lab.command("stagebook:insert-parameter");
    expect((await lab.sources()).slice(1, 4)).toEqual([
      EXAMPLE_CELLS[1],
      expect.stringContaining('stage("newStage"'),
      expect.stringContaining('param("newParam"'),
    ]);
    await eventually(() => lab.activeCell()).toMatchObject({ inView: true });
    await lab.runAll();
    await eventually(() => lab.stage("newStage").count()).toBe(1);
    await eventually(() => lab.param("newParam").isVisible()).toBe(true);
  });

  test("[U2] what was inserted by one command goes by one undo", async () => {
    const before = await lab.sources();
    await lab.command("stagebook:insert-example");
    expect(await lab.sources()).toHaveLength(before.length + EXAMPLE_CELLS.length);
    await lab.command("notebook:undo-cell-action");
    expect(await lab.sources()).toEqual(before);
  });
});

describe("the tour", () => {
  test("[U1] is offered to whoever began with the example, and never lies over what it explains", async () => {
    await offer().click();
    for (const [title, target] of [
      ["Parameters", '[data-stagebook="params"]'],
      ["Run stale", '[data-jp-item-name="stagebook-run-stale"]:visible'],
      ["Stages", '[data-stagebook="dag"]'],
    ] as const) {
      await eventually(() => tour().textContent()).toContain(title);
      await lab.screenshot(`begin tour ${title}`);
      const [window, shown] = [await tour().boundingBox(), await lab.page.locator(target).first().boundingBox()];
      if (!window || !shown) throw new Error(`${title} is not on the page`);
      expect(overlap(window, shown)).toBe(false);
      expect(window.x + window.width).toBeLessThanOrEqual(1366);
      await tour()
        .getByRole("button", { name: title === "Stages" ? "Done" : "Next" })
        .click();
    }
    await eventually(() => tour().count()).toBe(0);
  });

  test("[U1] is not offered again, also after a reload", async () => {
    expect(await offer().count()).toBe(0);
    await lab.reload();
    await lab.command("stagebook:insert-example");
    await eventually(() => lab.page.locator(".stagebook-Connection").textContent()).toContain("live");
    expect(await offer().count()).toBe(0);
  });

  test("[U2] Escape ends it wherever the focus is, and the focus returns", async () => {
    await lab.param("limit").focus();
    await lab.command("stagebook:tour");
    await eventually(() => tour().count()).toBe(1);
    await lab.page.keyboard.press("Escape");
    await eventually(() => tour().count()).toBe(0);
    await eventually(() => lab.param("limit").evaluate((node) => node === document.activeElement)).toBe(true);
  });

  test("[U2] Escape in a cell ends it too, and the cell stays in edit mode with the focus", async () => {
    await lab.command("stagebook:tour");
    await eventually(() => tour().count()).toBe(1);
    await lab.page.locator(".jp-Notebook:visible .jp-Cell .cm-content").first().click();
    const isEditing = () => lab.page.evaluate(() => document.activeElement?.matches(".jp-mod-editMode .cm-content"));
    await eventually(isEditing).toBe(true);
    await lab.page.keyboard.press("Escape");
    await eventually(() => tour().count()).toBe(0);
    expect(await isEditing()).toBe(true);
  });

  test("[U2] Escape closes what lies above the tour first", async () => {
    await lab.command("stagebook:tour");
    await eventually(() => tour().count()).toBe(1);
    await lab.command("apputils:activate-command-palette");
    const input = lab.page.locator(".lm-CommandPalette-input");
    await eventually(() => input.evaluate((node) => node === document.activeElement)).toBe(true);
    await lab.page.keyboard.press("Escape");
    await input.waitFor({ state: "hidden" });
    expect(await tour().count()).toBe(1);
    await tour().getByRole("button", { name: "Close" }).click();
    await eventually(() => tour().count()).toBe(0);
  });
});

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function overlap(one: Box, other: Box): boolean {
  const apart =
    one.x + one.width <= other.x ||
    other.x + other.width <= one.x ||
    one.y + one.height <= other.y ||
    other.y + other.height <= one.y;
  return !apart;
}
