/** Slurm as a scheduler of workers, through its commands sbatch, squeue and scancel. */
import { spawn } from "node:child_process";
import path from "node:path";
import { StagebookError } from "../protocol";
import type { Scheduler } from "../run/cluster/scheduler";
import { toSlurm } from "./workers";

export function createSlurmScheduler(version: string): Scheduler {
  return {
    submit: async ({ file, ...job }) => {
      const text = toSlurm({ ...job, file: path.relative(job.folder, file), version });
      const output = await command("sbatch", ["--parsable"], { folder: job.folder, input: text });
      // `id`, or `id;cluster`.
      const [id = ""] = output.trim().split(";");
      if (/^\d+$/.test(id)) return id;
      throw failed("sbatch", `its answer has no number of a job: ${output.trim()}`);
    },
    state: async (id) => {
      // A job that ended a while ago is unknown to squeue, which then fails.
      const output = await command("squeue", ["--noheader", "--array", "--jobs", id, "--format", "%T"]).catch(
        (error: unknown) => {
          if (error instanceof StagebookError && /invalid job id/i.test(error.message)) return "";
          throw error;
        },
      );
      const states = output.split("\n").map((line) => line.trim());
      const count = (name: string): number => states.filter((state) => state === name).length;
      return { pending: count("PENDING"), running: count("RUNNING") + count("COMPLETING") };
    },
    cancel: async (id) => void (await command("scancel", [id])),
  };
}

/** Standard output. Throws StagebookError `scheduler-missing` and `scheduler-failed`. */
function command(
  program: string,
  args: readonly string[],
  { folder, input = "" }: { readonly folder?: string; readonly input?: string } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: folder, stdio: ["pipe", "pipe", "pipe"] });
    let [output, errors] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    // A program that does not read its input.
    child.stdin.on("error", () => undefined);
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" ? missing(program) : failed(program, error.message)),
    );
    child.once("close", (code) =>
      code === 0 ? resolve(output) : reject(failed(program, errors.trim() || `it ended with code ${code}`)),
    );
    child.stdin.end(input);
  });
}

function missing(program: string): StagebookError {
  return new StagebookError(
    "scheduler-missing",
    `the command ${program} of Slurm was not found`,
    "Run the notebook on a node from which jobs can be submitted, or start workers yourself: stagebook export slurm.",
  );
}

function failed(program: string, why: string): StagebookError {
  return new StagebookError(
    "scheduler-failed",
    `${program} of Slurm failed: ${why}`,
    "Check the limits of the partition, or the options workers, cpus and time.",
  );
}
