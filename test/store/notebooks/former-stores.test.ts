/** A notebook that is moved to another folder has another default store: what it had comes along from the former one. */
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPipelineWithInternals } from "../../../kernel-lib/src/pipeline";
import { readRuns } from "../../../kernel-lib/src/events/run-files";
import { RunOverrides } from "../../../kernel-lib/src/run/state/run-overrides";
import { createNotebookFiles, type NotebookFiles } from "./files";

let files: NotebookFiles;
beforeEach(() => (files = createNotebookFiles()));
afterEach(() => files.remove());

const move = (from: string, to: string): void => {
  mkdirSync(join(files.path(to), ".."), { recursive: true });
  renameSync(files.path(from), files.path(to));
};

/** A kernel of the notebook that starts now, with the default store. `executed`: the stages that ran in it. */
function start(name: string) {
  const file = files.path(name);
  const overrides = RunOverrides.none;
  const context = { environment: {}, folder: join(file, ".."), notebook: { file }, usesSavedParams: true, overrides, onPipeline: () => undefined }; // prettier-ignore
  const { pipeline: p, internals } = createPipelineWithInternals({}, () => undefined, context);
  const executed: string[] = [];
  p.events$.subscribe((event) => void (event.type === "stage:running" && executed.push(event.stage)));
  const limit = p.param("limit", 1);
  const made = p.stage("made", { limit }, ({ limit }) => limit * 10);
  const history = async () => (await made.history()).map(({ params }) => params.limit);
  const runs = async () => {
    await internals.runsWritten();
    return (await readRuns(internals.engine.store, await internals.notebook.find())).length;
  };
  return { p, limit, made, executed, history, runs };
}

describe("[N2] moved to another folder, with the default store", () => {
  test.each(["deep/er/nb.ipynb", "../outside.ipynb", "b/nb.ipynb"])("[N2] a/nb.ipynb → %s", async (to) => {
    const target = to.startsWith("..") ? "outside.ipynb" : to;
    files.notebook("a/nb.ipynb", "a1", "a2");
    const first = start("a/nb.ipynb");
    await first.made();
    first.limit.set(5);
    await first.made();
    expect(await first.runs()).toBe(2);
    move("a/nb.ipynb", target);

    const second = start(target);
    expect(second.limit.value).toBe(5);
    expect(await second.made()).toBe(50);
    expect(second.executed).toEqual([]);
    expect(await second.history()).toEqual(["5", "1"]);
    second.limit.set(7);
    await second.made();
    expect(second.executed).toEqual(["made"]);
    expect(await second.runs()).toBe(3);

    const third = start(target);
    expect(third.limit.value).toBe(7);
    expect(await third.made()).toBe(70);
    expect(third.executed).toEqual([]);
    expect(await third.history()).toEqual(["7", "5", "1"]);
    third.limit.reset();
    expect(start(target).limit.value).toBe(1);
  });

  test("[N2] a second move, and back to the first folder", async () => {
    files.notebook("a/nb.ipynb", "a1", "a2");
    await start("a/nb.ipynb").made();
    for (const [from, to, value] of [
      ["a", "b", 2],
      ["b", "c", 3],
      ["c", "a", 4],
      ["a", "c", 5],
    ] as const) {
      // prettier-ignore
      move(`${from}/nb.ipynb`, `${to}/nb.ipynb`);
      const kernel = start(`${to}/nb.ipynb`);
      if (value > 2) expect(kernel.limit.value).toBe(value - 1);
      kernel.limit.set(value);
      await kernel.made();
    }
    expect(await start("c/nb.ipynb").history()).toEqual(expect.arrayContaining(["5", "4", "3", "2", "1"]));
    move("c/nb.ipynb", "a/nb.ipynb");
    expect(start("a/nb.ipynb").limit.value).toBe(5);
  });

  test("[N1] a copy in another folder has nothing of it, also once the original has moved", async () => {
    files.notebook("a/nb.ipynb", "a1", "a2");
    const first = start("a/nb.ipynb");
    first.limit.set(5);
    await first.made();
    mkdirSync(files.path("b"));
    copyFileSync(files.path("a/nb.ipynb"), files.path("b/nb.ipynb"));
    expect(start("b/nb.ipynb").limit.value).toBe(1);
    move("a/nb.ipynb", "c/nb.ipynb");
    const moved = start("c/nb.ipynb");
    expect(moved.limit.value).toBe(5);
    await moved.made();
    rmSync(files.path("b"), { recursive: true });
    mkdirSync(files.path("b"));
    copyFileSync(files.path("c/nb.ipynb"), files.path("b/nb.ipynb"));
    const copy = start("b/nb.ipynb");
    expect([copy.limit.value, await copy.history()]).toEqual([1, []]);
  });

  test("[N1] an unrelated notebook finds nothing, and nothing is written before it stores something", async () => {
    files.notebook("a/nb.ipynb", "a1", "a2");
    const first = start("a/nb.ipynb");
    first.limit.set(5);
    await first.made();
    files.notebook("b/nb.ipynb", "b1", "b2");
    const other = start("b/nb.ipynb");
    expect([other.limit.value, await other.history(), await other.runs()]).toEqual([1, [], 0]);
    expect(readdirSync(files.path("b"))).toEqual(["nb.ipynb"]);
  });

  test("[N2] clear removes what the notebook has in both", async () => {
    files.notebook("a/nb.ipynb", "a1", "a2");
    await start("a/nb.ipynb").made();
    move("a/nb.ipynb", "b/nb.ipynb");
    const kernel = start("b/nb.ipynb");
    kernel.limit.set(2);
    await kernel.made();
    await kernel.p.clear("made");
    expect(await start("b/nb.ipynb").history()).toEqual([]);
  });
});
