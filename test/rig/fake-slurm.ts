/** Commands named sbatch, squeue and scancel in a folder for PATH: a job array whose tasks are started on this machine at once. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./kernel/notebook-folder";

export interface FakeSlurm {
  /** To be put before PATH. */
  readonly bin: string;
  /** What the commands have been called with, one line each. */
  calls(): readonly string[];
  /** The script that was submitted last. */
  script(): string;
}

/** Job 4711 has a process group for each task; `squeue` lists those that live. */
export function createFakeSlurm(folder: string): FakeSlurm {
  const bin = join(folder, "slurm-bin");
  const state = join(folder, "slurm-state");
  for (const path of [bin, state]) mkdirSync(path);
  const program = join(repository, "node_modules", "stagebook", "bin", "stagebook.js");
  const write = (name: string, text: string): void => {
    writeFileSync(join(bin, name), `#!/bin/bash\necho "${name} $*" >> '${state}/calls'\n${text}`);
    chmodSync(join(bin, name), 0o755);
  };
  write(
    "sbatch",
    `cat > '${state}/job.sh'
export STAGEBOOK_COMMAND='${process.execPath} ${program}'
last=$(sed -n 's/^#SBATCH --array=0-//p' '${state}/job.sh')
for task in $(seq 0 $last); do
  setsid bash '${state}/job.sh' > '${state}/task-'$task.log 2>&1 < /dev/null &
  echo $! >> '${state}/pids'
done
echo 4711
`,
  );
  write(
    "squeue",
    `while read -r pid; do kill -0 "$pid" 2> /dev/null && echo RUNNING; done < '${state}/pids'
exit 0
`,
  );
  write(
    "scancel",
    `while read -r pid; do kill -TERM -- "-$pid" 2> /dev/null; done < '${state}/pids'
exit 0
`,
  );
  const read = (name: string): string => (existsSync(join(state, name)) ? readFileSync(join(state, name), "utf8") : "");
  return { bin, calls: () => read("calls").split("\n").filter(Boolean), script: () => read("job.sh") };
}
