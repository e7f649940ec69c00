/** Parameters of papermill reach the cells of a TypeScript notebook: with papermill from the registry, and the wheel. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kernelSpec } from "../../.dev/lib/jupyter.mjs";
import { execute } from "../rig/command-rig";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { succeed } from "../rig/lab/lab-environment";
import { buildWheel } from "../rig/lab/packed";
import { installPython } from "../rig/lab/python-packages";

interface Cell {
  readonly source: string | readonly string[];
  readonly outputs?: readonly { readonly text?: string | readonly string[] }[];
}

let folder: NotebookFolder;
let programs: string;
const wheels = mkdtempSync(join(tmpdir(), "stagebook-wheel-"));

const cell = (source: string, tags: readonly string[] = []): object => ({
  cell_type: "code",
  id: `cell-${source.length}`,
  execution_count: null,
  metadata: { tags },
  outputs: [],
  source,
});

beforeAll(async () => {
  programs = await installPython("papermill", ["papermill==2.7.0"]);
  const wheel = await buildWheel(join(programs, "python"), wheels);
  await succeed([join(programs, "pip"), "install", "--quiet", "--force-reinstall", "--no-deps", wheel]);
  folder = createNotebookFolder({ "kernels/tslab/kernel.json": JSON.stringify(kernelSpec) });
  const cells = [
    cell('let n = 1; // how many\nlet label: string = "a";', ["parameters"]),
    cell("console.log(JSON.stringify([n + 1, label, table[0].b, flag, String(big), nan]));"),
  ];
  const kernel = { name: "tslab", display_name: "TypeScript", language: "typescript" };
  writeFileSync(
    join(folder.path, "in.ipynb"),
    JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec: kernel }, cells }),
  );
}, 600_000);
afterAll(() => {
  folder.remove();
  rmSync(wheels, { recursive: true, force: true });
});

const papermill = (...args: string[]): ReturnType<typeof execute> =>
  execute([join(programs, "papermill"), ...args], { cwd: folder.path, env: { JUPYTER_PATH: folder.path } });

test("[H6] values of every kind are variables of the notebook", async () => {
  const values = "{table: [{a: 1, b: null}], flag: true, big: 9007199254740993, nan: .nan}";
  const { code, stderr } = await papermill(
    "in.ipynb",
    "out.ipynb",
    "-p",
    "n",
    "7",
    "-p",
    "label",
    'x "y" é',
    "-y",
    values,
  );
  expect(code, stderr).toBe(0);
  // Papermill writes its parameters into the metadata, as Python does: NaN is not valid JSON.
  const notebook = readFileSync(join(folder.path, "out.ipynb"), "utf8").replaceAll(/: NaN\b/g, ": null");
  const { cells } = JSON.parse(notebook) as {
    readonly cells: readonly Cell[];
  };
  expect([cells.at(-1)?.outputs?.[0]?.text].flat().join("")).toBe(
    '[8,"x \\"y\\" é",null,true,"9007199254740993",null]\n',
  );
}, 300_000);

test("[H6] the parameters of a notebook are listed", async () => {
  const { stdout } = await papermill("--help-notebook", "in.ipynb");
  expect(stdout).toContain("n: Unknown type (default 1)");
  expect(stdout).toContain("how many");
  expect(stdout).toContain('label: string (default "a")');
}, 120_000);

test("[H6] a name that TypeScript does not allow is refused", async () => {
  const { code, stderr } = await papermill("in.ipynb", "out.ipynb", "-p", "a-b", "1");
  expect(code).not.toBe(0);
  expect(stderr).toContain("'a-b' is not a name of a variable in TypeScript");
}, 120_000);
