/** Every command of the README's section on the command, run as it stands on the README's own example. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { stagebook } from "../rig/command-rig";
import { encodeNotebook } from "../rig/kernel/notebook-file";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { blocksOf, linesOf, readReadme, sectionOf } from "../rig/readme";

// Each command compiles the cells anew, in a process of its own.
vi.setConfig({ testTimeout: 240_000 });

const readme = readReadme();
const commands = linesOf(sectionOf(readme, "Without Jupyter"));

describe("the commands of the README", () => {
  let folder: NotebookFolder;
  beforeAll(() => {
    folder = createNotebookFolder({
      "earthquakes.ipynb": encodeNotebook(blocksOf(sectionOf(readme, "The smallest example"), "ts")),
    });
  });
  afterAll(() => folder.remove());

  test("[house] there are some", () => {
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.filter((command) => !command.startsWith("npx stagebook "))).toEqual([]);
  });

  // In order: each finds what those before it have made.
  test.each(commands)("[X2] %s", async (command) => {
    const end = await stagebook(command.split(" ").slice(2), { cwd: folder.path });
    expect(end.code, end.stderr).toBe(0);
  });

  test("[X2] what they wrote is there", () => {
    expect(JSON.parse(folder.read("strong.json"))).toHaveLength(85);
    expect(folder.read("graph.dot")).toContain("minMagnitude = 4.5");
    expect(folder.read("done.ipynb")).toContain("<table>");
    expect(folder.read("pipeline.lock")).toContain('"strong"');
  });

  test.each([...sectionOf(readme, "Without Jupyter").matchAll(/^\| `(--[a-z-]+)/gm)].map(([, option]) => option ?? ""))(
    "[house] %s is an option of run",
    async (option) => {
      expect((await help()).includes(`${option} `)).toBe(true);
    },
  );

  let told: Promise<string> | undefined;
  const help = (): Promise<string> =>
    (told ??= stagebook(["run", "--help"], { cwd: folder.path }).then(({ stdout }) => stdout));
});
