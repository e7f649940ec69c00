/** The rig's side of the comm, with a real kernel. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { executed, log } from "./event-log";
import { startKernel } from "./kernel-rig";
import type { Kernel } from "./kernel-rig";
import { CommandError } from "./stage-comm";

let kernel: Kernel;
beforeAll(async () => {
  kernel = await startKernel();
});
afterAll(() => kernel.stop());

test("[rig] events, view and commands of a kernel with stagebook", async () => {
  await kernel.run(`import { param, stage } from "stagebook";`, { cell: "c1" });
  await kernel.run(`const n = param("n", 2); const twice = stage("twice", { n }, ({ n }) => n * 2);`, { cell: "c2" });
  const cell = await kernel.run(`console.log(await twice());`, { cell: "c3" });
  expect(cell.text).toBe("4\n");
  await kernel.until((events) => events.some(({ type }) => type === "run:ended"), "the end of the run");
  expect(log(kernel.events)).toEqual(["twice running", "twice succeeded"]);
  expect(executed(kernel.events)).toEqual(["twice"]);
  expect(kernel.view.stages.twice).toMatchObject({ status: "fresh", cell: "c2" });
  await kernel.command({ type: "set-params", values: { n: 5 } });
  await kernel.until((_, view) => view.stages.twice?.status === "stale", "twice is stale");
  expect(kernel.comm.gaps).toEqual([]);
});

test("[rig] a refused command rejects with the kernel's error", async () => {
  await expect(kernel.command({ type: "explain", stage: "none" })).rejects.toThrow(CommandError);
});

test("[rig] a comm opened from this side receives a snapshot", async () => {
  await kernel.openComm();
  expect(Object.keys(kernel.view.stages)).toEqual(["twice"]);
});

test("[rig] a wait that times out reports what is known", async () => {
  await expect(kernel.until(() => false, "the impossible", 50)).rejects.toThrow(
    /waited 50 ms for: the impossible[^]*twice: stale/,
  );
});
