/** How long a person waits: from typing a value into the form until the first stage on screen is marked stale. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bench, describe } from "vitest";
import { Lab } from "../rig/lab/lab-rig";
import { repository } from "../rig/kernel/notebook-folder";

const notebook = readFileSync(join(repository, "notebooks", "quickstart.ipynb"), "utf8");
let lab: Lab | undefined;
/** Milliseconds measured in the page so far. It is the benchmark's clock: what lies between the edits does not count. */
let measuredMs = 0;
let value = 4.5;

describe("the quickstart notebook in a browser", () => {
  bench(
    "parameter edit to stale mark",
    async () => {
      const { page } = lab ?? (await startLab());
      value = Math.round(value * 10 + 1) / 10;
      measuredMs += await page.evaluate(typeUntil, { value, status: "stale" });
      await page.evaluate(typeUntil, { value: 4.5, status: "fresh" });
    },
    { iterations: 20, time: 0, warmupIterations: 3, warmupTime: 0, now: () => measuredMs, teardown },
  );
});

async function startLab(): Promise<Lab> {
  lab = new Lab({ files: { "quickstart.ipynb": notebook } });
  await lab.start();
  await lab.openNotebook("quickstart.ipynb");
  await lab.runAll();
  await lab.page.locator('[data-stagebook="dag"] [data-stage="strong"][data-status="fresh"]').waitFor();
  return lab;
}

/** Called after the warm-up and after the measurement. */
async function teardown(_task: unknown, mode: string | undefined): Promise<void> {
  if (mode === "run") await lab?.stop();
}

/** In the page: milliseconds from the input event until the stage's node has the status. */
function typeUntil({ value, status }: { value: number; status: string }): Promise<number> {
  const node = document.querySelector<HTMLElement>('[data-stagebook="dag"] [data-stage="strong"]');
  const input = document.querySelector<HTMLInputElement>('input[data-param="minMagnitude"]');
  const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set;
  if (!node || !input || !setValue) throw new Error("the graph or the form does not exist");
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (node.dataset.status !== status) return;
      observer.disconnect();
      resolve(performance.now() - start);
    });
    observer.observe(node, { attributes: true, attributeFilter: ["data-status"] });
    setValue.call(input, String(value));
    const start = performance.now();
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
