/** Switching to and fro between notebooks leaves nothing behind. Called by the quick test and by the heavy one. */
import { expect, test } from "vitest";
import type { Lab } from "./lab-rig";
import { eventually } from "./eventually";

const cells = (name: string): readonly string[] => [
  `import { param, stage } from "stagebook";`,
  `const limit = param("limit", 1, { min: 0, max: 10 });`,
  `const ${name} = stage("${name}", { limit }, ({ limit }, { log }) => { log.info("made", { limit }); return limit; });
await ${name}();`,
];

interface Held {
  /** Of the browser: those of the document and of every node. */
  readonly listeners: number;
  readonly nodes: number;
  readonly heapMb: number;
}

export function testSwitches(lab: Lab, count: number): void {
  test(`[O7] ${count} switches between notebooks: listeners, nodes and memory stay`, async () => {
    await lab.openNotebook(cells("first"), "first.ipynb");
    await lab.runAll();
    await lab.openNotebook(cells("second"), "second.ipynb");
    await lab.runAll();
    await lab.command("stagebook:show-log");
    await switches(lab, 20);
    const before = await held(lab);
    await switches(lab, count);
    const after = await held(lab);
    console.log(`${count} switches: ${JSON.stringify(before)} → ${JSON.stringify(after)}`);
    // JupyterLab without the extension keeps as much at each switch: the heavy test measures it.
    const most = (ofHidden: number, atStart: number): number => count * ofHidden * 1.2 + atStart;
    expect(after.listeners - before.listeners).toBeLessThan(most(8, 200));
    expect(after.nodes - before.nodes).toBeLessThan(most(72, 500));
    expect(after.heapMb - before.heapMb).toBeLessThan(most(0.03, 3));
    await eventually(() => lab.stageStatuses()).toEqual({ second: "fresh" });
  }, 1_200_000);
}

/** What JupyterLab alone keeps at each switch is what the quick test allows. */
export function testBareSwitches(lab: Lab, count: number): void {
  test(`[O7] ${count} switches in JupyterLab without the extension`, async () => {
    expect(await lab.page.locator("[data-stagebook]").count()).toBe(0);
    for (const name of ["first", "second"]) await lab.openNotebook(["const one = 1;"], `${name}.ipynb`);
    await switches(lab, 20, false);
    const before = await held(lab);
    await switches(lab, count, false);
    const after = await held(lab);
    console.log(`${count} switches without the extension: ${JSON.stringify(before)} → ${JSON.stringify(after)}`);
    expect((after.listeners - before.listeners) / count).toBeGreaterThan(7);
    expect((after.nodes - before.nodes) / count).toBeGreaterThan(65);
  }, 1_200_000);
}

/** Frames until JupyterLab has painted a notebook. */
const FRAMES = 6;

/** An even number ends with the second notebook. `isShown`: in the sidebar as well. */
export async function switches(lab: Lab, count: number, isShown = true): Promise<void> {
  const run = async ([count, isShown, frames]: readonly [number, boolean, number]): Promise<void> => {
    const { jupyterapp } = window as unknown as {
      jupyterapp: { commands: { execute(id: string, args: object): Promise<unknown> } };
    };
    const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));
    for (let turn = 0; turn < count; turn++) {
      const name = turn % 2 === 0 ? "first" : "second";
      await jupyterapp.commands.execute("docmanager:open", { path: `${name}.ipynb` });
      // Until the sidebar shows it, painted.
      while (isShown && !document.querySelector(`[data-stagebook="dag"] [data-stage="${name}"]`)) await frame();
      for (let drawn = 0; !isShown && drawn < frames; drawn++) await frame();
    }
  };
  await lab.page.evaluate(run, [count, isShown, FRAMES] as const);
}

export async function held(lab: Lab): Promise<Held> {
  const session = await lab.page.context().newCDPSession(lab.page);
  try {
    await session.send("Performance.enable");
    let last: Held | null = null;
    // What is let go of one after another is counted until nothing more goes.
    for (let turn = 0; turn < 10; turn++) {
      await lab.page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve, { timeout: 1000 })));
      await session.send("HeapProfiler.collectGarbage");
      const { metrics } = await session.send("Performance.getMetrics");
      const value = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? 0;
      const now: Held = {
        listeners: value("JSEventListeners"),
        nodes: value("Nodes"),
        heapMb: Math.round(value("JSHeapUsedSize") / 1e5) / 10,
      };
      if (last && last.listeners <= now.listeners && last.nodes <= now.nodes && turn > 3) break;
      last = now;
    }
    if (!last) throw new Error("nothing was counted");
    return last;
  } finally {
    await session.detach();
  }
}
