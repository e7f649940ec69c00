/** The wheel of the extension, installed by pip beside a JupyterLab that has never seen the repository, in a real browser. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../../rig/lab/eventually";
import { executed } from "../../rig/kernel/event-log";
import { createLabEnvironment, type LabEnvironment } from "../../rig/lab/lab-environment";
import { Lab } from "../../rig/lab/lab-rig";
import { repository } from "../../rig/kernel/notebook-folder";
import { buildWheel, createProject, packKernelLib, type Project } from "../../rig/lab/packed";
import { blocksOf, linesOf, readDocument, sectionOf } from "../../rig/documents";

/** The oldest JupyterLab that the wheel asks for, and the newest that there is. */
const versions = ["4.2.0", "newest"] as const;

const packages = mkdtempSync(join(tmpdir(), "stagebook-packages-"));
afterAll(() => rmSync(packages, { recursive: true, force: true }));

const typed = linesOf(sectionOf(readDocument("kernel-lib/docs/guide/installation.md"), "Install"));
const installLines = typed.filter((line) => line !== "jupyter lab");

const cells = [
  ...blocksOf(readDocument("kernel-lib/README.md"), "ts"),
  'const total = stage("total", { primes }, ({ primes }) => primes.length);',
  "show(await total());",
];

describe.each(versions)("JupyterLab %s", (version) => {
  let environment: LabEnvironment;
  let before: ReadonlySet<string>;
  let project: Project;
  let lab: Lab;

  beforeAll(async () => {
    environment = await createLabEnvironment(version);
    before = new Set(environment.files());
    const made = [await packKernelLib(packages), await buildWheel(environment.python, packages)];
    project = createProject(process.execPath, made, [join(environment.prefix, "bin")]);
    await project.type(installLines);
    lab = new Lab({ python: environment.python, folder: project.folder });
    await lab.start();
    await lab.openNotebook(cells);
    await lab.runAll();
  }, 600_000);
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await lab.saveArtifacts(`${version} ${task.name}`);
  });
  afterAll(async () => lab?.stop());

  test("[U1] the sidebar has the stages of a notebook", async () => {
    await eventually(() => lab.stageStatuses()).toEqual({ primes: "fresh", total: "fresh" });
    expect(await lab.outputText(cells.length - 1)).toContain("25");
  });

  test("[U1] a parameter changed in the form makes its readers stale", async () => {
    await lab.setParam("limit", 10);
    await eventually(() => lab.stageStatuses()).toEqual({ primes: "stale", total: "pending" });
    await eventually(() => lab.cellMarks()).toContain("stale");
  });

  test("[U1] Run stale runs them, and shows their new results", async () => {
    const seen = lab.events.length;
    await lab.runStaleButton.click();
    await eventually(() => lab.stageStatuses()).toEqual({ primes: "fresh", total: "fresh" });
    await eventually(() => lab.outputText(cells.length - 1)).toContain("4");
    expect(executed(lab.events.slice(seen))).toEqual(["primes", "total"]);
  });

  test("[U2] a stage that is fresh runs again from its menu in the graph", async () => {
    const seen = lab.events.length;
    await lab.stage("primes").click({ button: "right" });
    await lab.page.locator(".lm-Menu-item", { hasText: "Force Run Stage" }).click();
    await eventually(() => executed(lab.events.slice(seen))).toEqual(["primes"]);
  });

  test("[U2] after a reload a log that was open is there again", async () => {
    await lab.command("stagebook:show-log");
    await lab.reload();
    await eventually(() => lab.stageStatuses()).toEqual({ primes: "fresh", total: "fresh" });
    await eventually(() => lab.panel("log").count()).toBe(1);
  });

  test("[repo] the page logs no warning about it", () => {
    expect(lab.consoleLines.filter((line) => /stagebook|shared (singleton )?module/i.test(line))).toEqual([]);
  });

  test("[setup] JupyterLab lists the extension as enabled and right for it", async () => {
    const listed = await environment.run("-m", "jupyter", "labextension", "list");
    expect(listed).toMatch(/jupyterlab-stagebook v0\.1\.0 .*enabled.*OK/);
  });

  test("[setup] pip uninstall leaves nothing behind", async () => {
    await environment.pip("uninstall", "--yes", "jupyterlab_stagebook");
    const after = new Set(environment.files());
    const left = [...after].filter((file) => !before.has(file));
    // tslab's own, and what JupyterLab writes when it is asked for its extensions.
    expect(left.filter((file) => !/^share\/jupyter\/kernels\/|labconfig\/page_config\.json$/.test(file))).toEqual([]);
    expect([...before].filter((file) => !after.has(file))).toEqual([]);
  });
});

test("[setup] pip refuses to install it beside a JupyterLab that is too old", async () => {
  const environment = await createLabEnvironment(versions[0]);
  const wheel = await buildWheel(environment.python, packages);
  await expect(environment.pip("install", "--dry-run", wheel, "jupyterlab==4.1.8")).rejects.toThrow(
    /Cannot install jupyterlab-stagebook==\S+ and jupyterlab==4\.1\.8/,
  );
});

test("[setup] the source distribution makes the same wheel, with all licenses in it", async () => {
  const environment = await createLabEnvironment(versions[0]);
  const direct = await buildWheel(environment.python, packages);
  const built = join(packages, "built");
  await environment.pip("install", "build");
  await environment.run("-m", "build", "--outdir", built, join(repository, "lab-extension"));
  const listing = (wheel: string): Promise<string> => environment.run("-m", "zipfile", "--list", wheel);
  const files = await listing(direct);
  expect(await listing(join(built, basename(direct)))).toBe(files);
  for (const name of ["licenses/LICENSE", "THIRD-PARTY-LICENSES.txt", "static/third-party-licenses.json"])
    expect(files).toContain(name);
});
