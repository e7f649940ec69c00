/** A job array on a real Slurm: its tasks are workers, on a shared folder and on S3. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { documentOf, stagebook } from "../rig/command-rig";
import { createNotebookFolder, repository, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { hasSlurm, startSlurm, type Slurm } from "../rig/slurm";
import { startS3Server } from "../rig/store/s3-server";

const script = `
import { each, param, stage } from "stagebook";
const n = param("n", 20_000);
const items = stage("items", { n }, ({ n }) => Array.from({ length: n }, (_, at) => at));
each("score", items, (at: number) => ({ at, square: at * at }), { scale: { rangeSeconds: 2 } });
`;

describe.skipIf(!hasSlurm)("[W12] a job array of four workers on a real Slurm", () => {
  let slurm: Slurm;
  let folder: NotebookFolder;
  beforeAll(async () => (slurm = await startSlurm()), 300_000);
  afterAll(() => slurm.stop());
  beforeEach(() => (folder = createNotebookFolder({ "s.ts": script })));
  afterEach(() => folder.remove());

  async function finishes(store: string, env: Readonly<Record<string, string>>): Promise<void> {
    const exported = await stagebook(["export", "slurm", "s.ts", "--workers", "4", "--store", store], { cwd: folder.path, env }); // prettier-ignore
    expect(exported.code, exported.stderr).toBe(0);
    writeFileSync(join(folder.path, "job.sh"), exported.stdout);
    const program = join(repository, "node_modules", "stagebook", "bin", "stagebook.js");
    const command = { STAGEBOOK_COMMAND: `${process.execPath} ${program}` };
    const end = await slurm.run("sbatch", ["--wait", "job.sh"], folder.path, { ...env, ...command });
    expect([end.code, end.stdout + end.stderr]).toEqual([0, expect.stringContaining("Submitted batch job")]);
    const digests = async (location: string) => {
      const run = await stagebook(["run", "s.ts", "--json", "--store", location], { cwd: folder.path, env });
      const { executed, stages } = documentOf(run);
      return { executed, digests: stages.map(({ name, digest }) => `${name} ${digest}`) };
    };
    const shared = await digests(store);
    expect(shared.executed).toBe(0);
    expect(shared.digests).toEqual((await digests("alone")).digests);
  }

  test("20,000 items on a shared folder have the digest of one process", () => finishes("shared", {}), 300_000);

  test("the same on S3", async () => {
    const s3 = await startS3Server();
    try {
      await finishes(`s3://${s3.bucket}/slurm`, s3.environment);
    } finally {
      await s3.stop();
    }
  }, 300_000);
});
