/** `stage.run({ on: "slurm" })`: workers are submitted, help, and are cancelled when the run has ended. */
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createDiskStore } from "../../kernel-lib/src/store/disk/store";
import { execute, type CommandEnd } from "../rig/command-rig";
import { createFakeSlurm, type FakeSlurm } from "../rig/fake-slurm";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { rangesIn, sumOf } from "../rig/workers";

vi.setConfig({ testTimeout: 240_000 });

/** `call`: what the script does when it is executed by Node itself, and not by a worker. */
const script = (call: string): string => `
const { createPipeline, each, param, stage } = require("stagebook");
const offset = param("offset", 0);
const label = param("label", "none");
const password = param("password", "", { secret: true });
const score = each("score", Array.from({ length: 900 }, (_, n) => n), { offset, label }, async (n, { offset, label }) => {
  await new Promise((resolve) => setTimeout(resolve, 60));
  return label + (n + offset);
}, { scale: { rangeSeconds: 1 } });
const guarded = each("guarded", [1, 2], { password }, (n, { password }) => n + password.length, { scale: true });
const last = async (run) => console.log("last", (await (await run).toArray()).at(-1));
if (process.env.STAGEBOOK_TEST_CALL) (async () => { ${call} })().catch((error) => console.log(error.code, error.message));
`;

let folder: NotebookFolder;
let slurm: FakeSlurm;
beforeEach(() => {
  folder = createNotebookFolder({});
  slurm = createFakeSlurm(folder.path);
});
afterEach(() => folder.remove());

function run(call: string, env: Readonly<Record<string, string>> = {}): Promise<CommandEnd> {
  writeFileSync(join(folder.path, "s.js"), script(call));
  const PATH = [slurm.bin, process.env.PATH].join(delimiter);
  const all = { PATH, STAGEBOOK_STORE: "shared", STAGEBOOK_TEST_CALL: "1", ...env };
  return execute([process.execPath, "s.js"], { cwd: folder.path, env: all });
}

const submitted = (): readonly string[] => slurm.calls().filter((line) => line.startsWith("sbatch"));

describe("[W12] a run for which Slurm starts workers", () => {
  test("they help with the values of the run, and are cancelled when it has ended", async () => {
    const on = `{ scheduler: "slurm", workers: 3, cpus: 2, time: "0:30:00" }`;
    const end = await run(`offset.set(5); label.set("a b"); await last(score.run({ on: ${on} }));`);
    expect(end.stdout, end.stderr).toContain("last a b904");
    expect(submitted()).toEqual(["sbatch --parsable"]);
    for (const line of ["#SBATCH --array=0-2", "#SBATCH --cpus-per-task=2", "#SBATCH --time=0:30:00"])
      expect(slurm.script()).toContain(line);
    expect(slurm.script()).toContain(
      "work s.js --until-done --target score --no-saved --set 'label=a b' --set offset=5",
    );
    expect(slurm.calls().at(-1)).toBe("scancel 4711");
    const store = createDiskStore({
      folder: join(folder.path, "shared"),
      onProblem: () => undefined,
      isReadOnly: true,
    });
    const ranges = await rangesIn(store, "s.js");
    expect(new Set(ranges.map(({ by }) => by)).size).toBeGreaterThan(1);
    expect(sumOf(ranges)).toBe(900);
    // Fresh: nobody is needed.
    const again = await run(`offset.set(5); label.set("a b"); await last(score.run({ on: "slurm" }));`);
    expect(again.stdout).toContain("last a b904");
    expect(submitted()).toHaveLength(1);
  });

  test("the same under other parameter values", async () => {
    const end = await run(`await last(score.with({ offset: 7 }).run({ on: "slurm" }));`);
    expect(end.stdout, end.stderr).toContain("last none906");
    expect(slurm.script()).toContain("--set offset=7");
  });

  test("without sbatch, with one that refuses, and where no worker could help, nothing runs, and the error says why", async () => {
    const call = `await last(score.run({ on: "slurm" }));`;
    mkdirSync(join(folder.path, "empty"));
    expect((await run(call, { PATH: join(folder.path, "empty") })).stdout).toMatch(/^scheduler-missing the command sbatch of Slurm was not found/); // prettier-ignore
    writeFileSync(join(slurm.bin, "sbatch"), "#!/bin/bash\necho 'invalid partition' >&2\nexit 1\n");
    expect((await run(call)).stdout).toMatch(/^scheduler-failed sbatch of Slurm failed: invalid partition/);
    expect((await run(call, { STAGEBOOK_STORE: "memory" })).stdout).toMatch(/^scheduler-store stage "score"/);
    const secret = await run(`password.set("abcd"); await guarded.run({ on: "slurm" });`);
    expect(secret.stdout).toMatch(/^scheduler-param stage "guarded": the value of parameter "password"/);
    expect(slurm.script()).toBe("");
  });

  test("[Y2] settings that are wrong are refused", async () => {
    for (const on of [`"pbs"`, `{ scheduler: "slurm", workers: 0 }`, `{ scheduler: "slurm", nodes: 1 }`])
      expect((await run(`await score.run({ on: ${on} });`)).stdout).toMatch(/^run-options run: on is neither the name/);
  });
});
