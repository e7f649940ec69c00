/** What starts workers on a cluster: the Slurm script is executed by bash as Slurm would execute it, the manifest is read. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { toKubernetes, toSlurm } from "../../kernel-lib/src/export/workers";
import { documentOf, execute, stagebook, type CommandEnd } from "../rig/command-rig";
import { createNotebookFolder, repository, type NotebookFolder } from "../rig/kernel/notebook-folder";

vi.setConfig({ testTimeout: 240_000 });

const script = `
import { each, param, stage } from "stagebook";
const n = param("n", 100);
const label = param("label", "plain");
const items = stage("items", { n }, ({ n }) => Array.from({ length: n }, (_, at) => at));
each("score", items, { label }, (at: number, { label }) => label + at, { scale: true });
stage("apart", () => "apart");
`;

let folder: NotebookFolder;
beforeEach(() => (folder = createNotebookFolder({ "my report.ts": script })));
afterEach(() => folder.remove());

const exported = (kind: string, ...args: string[]): Promise<CommandEnd> =>
  stagebook(["export", kind, "my report.ts", ...args], { cwd: folder.path });

describe("[W12] a Slurm job array of workers", () => {
  test("its script, executed by bash, is a worker with the options of the export", async () => {
    const set = `label=it's "$HOME" \\ \`x\``;
    const { code, stdout, stderr } = await exported("slurm", "--workers", "3", "--cpus", "2", "--time", "2:00:00", "--target", "score", "--set", set, "--store", "shared store"); // prettier-ignore
    expect(code, stderr).toBe(0);
    for (const line of [
      "--array=0-2",
      "--cpus-per-task=2",
      "--time=2:00:00",
      "--job-name=stagebook-my-report",
      "--requeue",
    ])
      expect(stdout).toContain(`#SBATCH ${line}\n`);
    writeFileSync(join(folder.path, "job.sh"), stdout);
    const program = join(repository, "node_modules", "stagebook", "bin", "stagebook.js");
    const env = { STAGEBOOK_COMMAND: `${process.execPath} ${program}` };
    const ends = await Promise.all([0, 1].map(() => execute(["bash", join(folder.path, "job.sh")], { cwd: "/", env })));
    for (const end of ends)
      expect([end.code, end.stderr]).toEqual([0, expect.stringContaining("nothing is left to do")]);
    const args = ["--store", "shared store", "--set", set, "--json"];
    const { stages } = documentOf(await stagebook(["run", "my report.ts", ...args], { cwd: folder.path }));
    // The target alone was executed.
    expect(stages.map(({ name, outcome }) => `${name} ${outcome}`).sort()).toEqual(["apart ran", "items current", "score current"]); // prettier-ignore
    const value = await stagebook(["get", "my report.ts", "score", "--store", "shared store"], { cwd: folder.path });
    expect(value.stdout).toContain("it's");
  });

  test("without a store it says what to set", async () => {
    const text = toSlurm({ file: "a.ts", folder: "/work", workers: 1, args: [], store: undefined, version: "1", cpus: 1, time: undefined }); // prettier-ignore
    writeFileSync(join(folder.path, "job.sh"), text);
    const end = await execute(["bash", join(folder.path, "job.sh")], { cwd: "/", env: { STAGEBOOK_STORE: undefined } });
    expect([end.code === 0, end.stderr]).toEqual([false, expect.stringContaining("STAGEBOOK_STORE: set it to a folder that all nodes share")]); // prettier-ignore
  });

  test("[Y2] a stage that does not exist, and values of a file, are refused", async () => {
    const unknown = await exported("slurm", "--target", "scores");
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('stage "scores" does not exist')]);
    writeFileSync(join(folder.path, "values.json"), "{}");
    const lines = await exported("slurm", "--time", "1:00\n#SBATCH --wrap=x");
    expect([lines.code, lines.stderr]).toEqual([2, expect.stringContaining("Pass a time as Slurm takes it")]);
    const file = await exported("slurm", "--params", "values.json");
    expect([file.code, file.stderr]).toEqual([2, expect.stringContaining("Pass --set")]);
  });
});

describe("[W12] a Kubernetes job of workers", () => {
  test("each pod of an indexed job is a worker on the same store", async () => {
    const args = ["--image", "registry/quakes:1", "--workers", "8", "--store", "s3://results/quakes"];
    const env = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" };
    const { code, stdout, stderr } = await stagebook(["export", "kubernetes", "my report.ts", ...args], {
      cwd: folder.path,
      env,
    });
    expect(code, stderr).toBe(0);
    for (const line of [
      "completionMode: Indexed",
      "completions: 8",
      "parallelism: 8",
      'image: "registry/quakes:1"',
      'value: "s3://results/quakes"',
    ])
      expect(stdout).toContain(line);
    const [, command = ""] = /command: (\[.*\])/.exec(stdout) ?? [];
    expect(JSON.parse(command)).toEqual(["npx", "stagebook", "work", "my report.ts", "--until-done"]);
    expect(stdout).toMatch(/^apiVersion: batch\/v1\nkind: Job$/m);
  });

  test("what Kubernetes would take for a variable is what was written", () => {
    const args = ["--set", "label=$(HOME) $$ $x"];
    const text = toKubernetes({ file: "a.ts", folder: "/work", workers: 1, args, store: "/$(HOME)", version: "1", cpus: 1, image: "i" }); // prettier-ignore
    const [, command = ""] = /command: (\[.*\])/.exec(text) ?? [];
    const [, store = ""] = /value: (".*")/.exec(text) ?? [];
    // As Kubernetes expands them.
    const expanded = (word: unknown) => String(word).replace(/\$(\$|\((\w+)\))/g, (_all, dollar: string) => (dollar === "$" ? "$" : "EXPANDED")); // prettier-ignore
    expect((JSON.parse(command) as string[]).map(expanded).slice(-2)).toEqual(args);
    expect(expanded(JSON.parse(store))).toBe("/$(HOME)");
  });

  test.each(["none", "memory"])(
    "[Y2] workers with the store %s are refused: nobody would see their results",
    async (store) => {
      for (const command of [["export", "slurm"], ["export", "kubernetes", "--image", "i"], ["work"]]) {
        const end = await stagebook([...command, "my report.ts", "--store", store], { cwd: folder.path });
        expect([command, end.code, end.stderr]).toEqual([
          command,
          2,
          expect.stringContaining("in its own process only"),
        ]);
      }
    },
  );

  test("[Y2] without an image it is refused", async () => {
    const end = await exported("kubernetes");
    expect([end.code, end.stderr]).toEqual([2, expect.stringContaining("Pass --image")]);
  });

  test("names of jobs are those that Kubernetes accepts", () => {
    for (const file of ["Über die Erde!.ipynb", `${"x".repeat(80)}.ts`, "a--b.ts"]) {
      const text = toKubernetes({ file, folder: "/work", workers: 1, args: [], store: undefined, version: "1", cpus: 1, image: "i" }); // prettier-ignore
      const name = /^ {2}name: (.*)$/m.exec(text)?.[1] ?? "";
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    }
  });
});
