/**
 * Nothing is said about results that are repeatable: of the gallery and of twenty notebooks as people write them, no stage is marked, and
 * when all their results are computed again none differs.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { everydayNotebooks, everydayPackages } from "../notebooks/everyday-notebooks";
import { galleryNotebooks, textOfNotebook } from "../notebooks/gallery-runs";
import { documentOf, stagebook } from "../rig/command-rig";
import { startKernel } from "../rig/kernel/kernel-rig";
import { encodeNotebook } from "../rig/kernel/notebook-file";
import { createNotebookFolder, repository } from "../rig/kernel/notebook-folder";

/** Runs the notebook without Jupyter, then audits all its results. */
async function checkRepeatable(cwd: string, notebook: string): Promise<void> {
  const run = await stagebook(["run", notebook, "--json"], { cwd });
  expect(run.code, run.stderr).toBe(0);
  const plan = await stagebook(["plan", notebook, "--json"], { cwd });
  expect(plan.code, plan.stderr).toBe(0);
  const marked = documentOf(plan).rows.filter(({ notRepeatable }) => notRepeatable !== undefined);
  expect(marked).toEqual([]);
  const audit = await stagebook(["audit", notebook, "--all", "--json"], { cwd });
  const { stages } = documentOf(audit);
  expect(stages.length, audit.stderr).toBeGreaterThan(0);
  expect(stages.filter(({ outcome }) => outcome !== "equal")).toEqual([]);
  expect(audit.code, audit.stderr).toBe(0);
}

describe("[V7] [A1] the gallery", () => {
  test.each(galleryNotebooks)(
    "%s",
    async (notebook) => {
      const folder = createNotebookFolder({ [`gallery/${notebook}`]: textOfNotebook(notebook) });
      try {
        await checkRepeatable(join(folder.path, "gallery"), notebook);
      } finally {
        folder.remove();
      }
    },
    600_000,
  );
});

describe("[V7] [A1] notebooks of every day", () => {
  const root = mkdtempSync(join(tmpdir(), "stagebook-everyday-"));
  const notebooks = Object.entries(everydayNotebooks).map(([title, cells], at) => ({ title, cells, at }));

  beforeAll(() => {
    writeFileSync(join(root, "package.json"), "{}");
    const install = ["install", "--no-audit", "--no-fund", ...everydayPackages];
    const { status, stderr } = spawnSync("npm", install, { cwd: root, encoding: "utf8" });
    expect(status, stderr).toBe(0);
    symlinkSync(join(repository, "kernel-lib"), join(root, "node_modules", "stagebook"));
    if (spawnSync("ls", [join(root, "node_modules", "@types", "node")]).status !== 0)
      symlinkSync(join(repository, "node_modules", "@types", "node"), join(root, "node_modules", "@types", "node"));
    for (const { cells, at } of notebooks) {
      mkdirSync(join(root, `n${at}`));
      writeFileSync(join(root, `n${at}`, "n.ipynb"), encodeNotebook(cells));
    }
  }, 900_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test.each(notebooks)(
    "$title, without Jupyter",
    ({ at }) => checkRepeatable(join(root, `n${at}`), "n.ipynb"),
    600_000,
  );

  test.each(notebooks)(
    "$title, in a kernel",
    async ({ cells, at }) => {
      const kernel = await startKernel({ cwd: join(root, `n${at}`), notebook: "in-kernel.ipynb" });
      try {
        for (const [index, source] of cells.entries()) {
          const cell = await kernel.run(source, { cell: `c${index}` });
          expect(cell.status, cell.text).toBe("ok");
          expect(cell.text).not.toContain("not repeatable");
        }
        const named = `JSON.stringify((await stagebook.pipeline.plan()).rows.filter((row) => row.notRepeatable !== undefined))`;
        const { stdout } = await kernel.run(`import * as stagebook from "stagebook";\nconsole.log(${named});`);
        expect(stdout.trim()).toBe("[]");
      } finally {
        await kernel.stop();
      }
    },
    600_000,
  );
});
