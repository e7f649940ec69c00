/** The rig itself, on plain cells. */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startKernel } from "./kernel-rig";
import type { Kernel } from "./kernel-rig";

describe("[rig] a real tslab kernel", () => {
  let kernel: Kernel;
  beforeAll(async () => {
    kernel = await startKernel();
  });
  afterAll(() => kernel.stop());

  test("[rig] output, displays and the execution count of a cell are returned", async () => {
    const cell = await kernel.run(
      `import * as tslab from "tslab";\nconsole.log("out"); console.error("err"); tslab.display.html("<b>x</b>");`,
      { cell: "c1" },
    );
    expect(cell).toMatchObject({ ok: true, stdout: "out\n", stderr: "err\n", executionCount: 1 });
    expect(cell.displays).toEqual([{ "text/html": "<b>x</b>" }]);
  });

  test("[rig] a display that is updated shows its last content", async () => {
    const cell = await kernel.run(
      `const { newDisplay, display } = require("tslab"); const d = newDisplay(); d.text("half"); display.text("other"); d.text("");`,
    );
    expect(cell.displays.length).toBe(3);
    expect(cell.shown).toEqual([{ "text/plain": "" }, { "text/plain": "other" }]);
  });

  test("[rig] a failing cell is a result, not an exception", async () => {
    const cell = await kernel.run(`throw new Error("wrong")`);
    expect(cell.ok).toBe(false);
    expect(cell.text).toContain("wrong");
  });

  test("[rig] stagebook and vega-datasets resolve from the notebook folder", async () => {
    const cell = await kernel.run(
      `console.log(require.resolve("stagebook"), require("fs").existsSync("../node_modules/vega-datasets/data/earthquakes.json"))`,
    );
    expect(cell.text).toMatch(/kernel-lib.*true/);
  });

  test("[rig] one copy of tslab is loaded", async () => {
    const cell = await kernel.run(
      `console.log(Object.keys(require.cache).filter((file) => file.endsWith("jupyter.js")).length)`,
    );
    expect(cell.text).toBe("1\n");
  });

  test("[rig] an interrupt ends a waiting cell", async () => {
    const cell = kernel.start(`await new Promise(() => setTimeout(() => {}, 100_000))`);
    await expect.poll(() => cell.messages.length).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    kernel.interrupt();
    expect((await cell.done).ok).toBe(false);
  });

  test("[rig] a restart is a new process", async () => {
    const before = kernel.pid;
    await kernel.restart();
    expect(kernel.pid).not.toBe(before);
    expect((await kernel.run(`console.log(1 + 1)`)).text).toBe("2\n");
  });

  test("[rig] stop leaves no process and no folder", async () => {
    const other = await startKernel();
    const pid = other.pid ?? 0;
    await other.stop();
    expect(() => process.kill(pid, 0)).toThrow();
    expect(existsSync(other.cwd)).toBe(false);
  });
});
