/** A result that is not repeatable: marked at the stage and at the cell, explained in the stage panel, and answered there with a click. */
import { beforeAll, test } from "vitest";
import { eventually } from "../rig/lab/eventually";
import { useLab } from "../rig/lab/lab-rig";

const lab = useLab({ viewport: { width: 1366, height: 768 } });
const cells = [
  `import { stage } from "stagebook";`,
  `const luck = stage("luck", () => ({ drawn: Math.random() }));\nawait luck();`,
];
const panel = () => lab.panel("stage");
const caveats = () => panel().locator('[data-section="caveats"]');
const source = (): Promise<string> =>
  lab.page.evaluate(() => {
    const shell = (window as unknown as { jupyterapp: { shell: { currentWidget: unknown } } }).jupyterapp.shell;
    const notebook = shell.currentWidget as { content: { widgets: { model: { sharedModel: { source: string } } }[] } };
    return notebook.content.widgets[1]?.model.sharedModel.source ?? "";
  });

beforeAll(async () => {
  await lab.openNotebook(cells);
  for (const cell of cells.keys()) await lab.runCell(cell);
});

test("[V8] an answer in the stage panel is written into the cell, and the mark goes when it runs", async () => {
  await lab.stage("luck").first().click();
  await caveats().waitFor();
  await eventually(() => caveats().innerText()).toContain("Math.random()");
  await lab.screenshot("panels caveats light");
  await caveats().getByRole("button", { name: 'volatile: "accept"' }).click();
  await eventually(source).toBe(
    'const luck = stage("luck", () => ({ drawn: Math.random() }), { volatile: "accept" });\nawait luck();',
  );
  await lab.runCell(1);
  await eventually(() => caveats().count()).toBe(0);
  await eventually(() => lab.stageStatus("luck")).toBe("fresh");
});
