/** A job array on a real Slurm: its tasks are workers, on a shared folder and on S3. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createDiskStore } from "../../kernel-lib/src/store/disk/store";
import { documentOf, execute, stagebook } from "../rig/command-rig";
import { createNotebookFolder, repository, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { hasSlurm, startSlurm, type Slurm } from "../rig/slurm";
import { startS3Server } from "../rig/store/s3-server";
import { rangesIn, sumOf } from "../rig/workers";

const program = join(repository, "node_modules", "stagebook", "bin", "stagebook.js");
const command = { STAGEBOOK_COMMAND: `${process.execPath} ${program}` };

/** The call is that of the process that starts it; Slurm's jobs execute the same file as workers. */
const calling = `
const { each } = require("stagebook");
const items = Array.from({ length: 1200 }, (_, n) => n);
const score = each("score", items, async (n) => {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return n * n;
}, { scale: { rangeSeconds: 1 } });
if (process.env.STAGEBOOK_TEST_CALL)
  (async () => console.log((await (await score.run({ on: { scheduler: "slurm", workers: 4 } })).toArray()).at(-1)))();
`;

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
  beforeEach(() => (folder = createNotebookFolder({ "s.ts": script, "c.js": calling })));
  afterEach(() => folder.remove());

  async function finishes(store: string, env: Readonly<Record<string, string>>): Promise<void> {
    const exported = await stagebook(["export", "slurm", "s.ts", "--workers", "4", "--store", store], { cwd: folder.path, env }); // prettier-ignore
    expect(exported.code, exported.stderr).toBe(0);
    writeFileSync(join(folder.path, "job.sh"), exported.stdout);
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

  test("a call submits its workers, which execute most of the items, and cancels them when it has ended", async () => {
    const env = { ...slurm.environment, ...command, STAGEBOOK_STORE: join(folder.path, "shared") };
    const end = await execute([process.execPath, "c.js"], { cwd: folder.path, env: { ...env, STAGEBOOK_TEST_CALL: "1" } }); // prettier-ignore
    expect([end.code, end.stdout], end.stderr).toEqual([0, expect.stringContaining(String(1199 ** 2))]);
    const store = createDiskStore({ folder: env.STAGEBOOK_STORE, onProblem: () => undefined, isReadOnly: true });
    const ranges = await rangesIn(store, "c.js");
    expect(sumOf(ranges)).toBe(1200);
    expect(new Set(ranges.map(({ by }) => by)).size).toBe(5);
    await vi.waitUntil(async () => (await slurm.run("squeue", ["-h"], folder.path)).stdout === "", 30_000);
  }, 300_000);

  test("20,000 items on S3 have the digest of one process", async () => {
    const s3 = await startS3Server();
    try {
      await finishes(`s3://${s3.bucket}/slurm`, s3.environment);
    } finally {
      await s3.stop();
    }
  }, 300_000);
});
