/** The sections of the sidebar with a notebook that has few stages and parameters, on a laptop's screen. */
import { expect, test } from "vitest";
import { useLab } from "../rig/lab/lab-rig";
import { eventually } from "../rig/lab/eventually";

const lab = useLab({ viewport: { width: 1366, height: 768 } });

test("[U1] the parameters are as high as their content, also beside a short graph and an open stage", async () => {
  await lab.openNotebook([
    `import { param, stage } from "stagebook";`,
    `const limit = param("limit", 40, { min: 1, max: 200 });\nconst mode = param("mode", "fast", { choices: ["fast", "exact"] });`,
    `const rows = stage("rows", { limit }, ({ limit }) => limit);\nconst total = stage("total", { rows, mode }, ({ rows, mode }) => mode + rows);\nawait total()`,
  ]);
  await lab.runAll();
  await eventually(hiddenPixels).toBe(0);
  await lab.stage("total").first().click();
  await lab.panel("stage").getByText("Inputs").waitFor();
  await eventually(hiddenPixels).toBe(0);
  expect(await lab.param("mode").isVisible()).toBe(true);
});

/** How much of the parameters' content is out of sight, in CSS pixels. */
function hiddenPixels(): Promise<number> {
  return lab.panel("params").evaluate((node) => {
    const section = node.closest(".stagebook-Panel") ?? node;
    return Math.max(0, section.scrollHeight - section.clientHeight);
  });
}
