/** A real Slurm of one node, from Debian's packages, which are unpacked and not installed. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execute, type CommandEnd } from "./command-rig";
import { repository } from "./kernel/notebook-folder";

const packages = [
  ...["slurmctld", "slurmd", "slurm-client", "slurm-wlm-basic-plugins", "munge", "libmunge2"],
  ...["libhwloc15", "liblua5.1-0", "libjson-c5", "libyaml-0-2", "libnuma1", "libdbus-1-3"],
];

/** Whether the packages can be had, and the daemons be started: they run as root. */
export const hasSlurm = process.platform === "linux" && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");

export interface Slurm {
  /** For processes that call these programs themselves. */
  readonly environment: Readonly<Record<string, string>>;
  /** `sbatch`, `squeue`, `scancel`. */
  run(
    program: string,
    args: readonly string[],
    cwd: string,
    env?: Readonly<Record<string, string>>,
  ): Promise<CommandEnd>;
  stop(): Promise<void>;
}

/** The folder with the unpacked packages. */
function unpacked(): string {
  const folder = join(repository, ".cache", "slurm");
  const root = join(folder, "root");
  if (existsSync(join(root, "usr/sbin/slurmstepd-wlm"))) return root;
  mkdirSync(root, { recursive: true });
  execFileSync("apt-get", ["download", ...packages], { cwd: folder, stdio: "ignore" });
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".deb")))
    execFileSync("dpkg", ["-x", join(folder, name), root]);
  return root;
}

export async function startSlurm(): Promise<Slurm> {
  const root = unpacked();
  const folder = mkdtempSync(join(tmpdir(), "stagebook-slurm-"));
  const libraries = join(root, "usr/lib/x86_64-linux-gnu");
  const env = {
    LD_LIBRARY_PATH: `${libraries}:${join(libraries, "slurm-wlm")}`,
    SLURM_CONF: join(folder, "slurm.conf"),
  };
  for (const name of ["state", "spool"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "munge.key"), randomBytes(128), { mode: 0o600 });
  writeFileSync(env.SLURM_CONF, configuration(folder, join(libraries, "slurm-wlm")));
  const daemons: ChildProcess[] = [];
  const start = (program: string, ...args: string[]): void => {
    const log = join(folder, `${program}.out`);
    const child = spawn("/bin/sh", ["-c", `exec "$0" "$@" > ${log} 2>&1`, join(root, "usr/sbin", program), ...args], {
      env: { ...process.env, ...env },
      stdio: "ignore",
    });
    daemons.push(child);
  };
  const at = (name: string): string => join(folder, name);
  start("munged", "--foreground", "--force", `--key-file=${at("munge.key")}`, `--socket=${at("munge.socket")}`, `--pid-file=${at("munge.pid")}`, `--log-file=${at("munge.log")}`, `--seed-file=${at("munge.seed")}`); // prettier-ignore
  while (!existsSync(at("munge.socket"))) await sleep(50);
  start("slurmctld-wlm", "-D");
  start("slurmd-wlm", "-D", "-d", join(root, "usr/sbin/slurmstepd-wlm"));
  const run: Slurm["run"] = (program, args, cwd, more = {}) =>
    execute([join(root, "usr/bin", program), ...args], { cwd, env: { ...env, ...more } });
  const until = Date.now() + 60_000;
  while (!(await run("sinfo", ["-h", "-o", "%t"], folder)).stdout.includes("idle")) {
    if (Date.now() > until) throw new Error(`Slurm did not start: ${readFileSync(at("slurmctld-wlm.out"), "utf8")}`);
    await sleep(200);
  }
  return {
    environment: { ...env, PATH: [join(root, "usr/bin"), process.env.PATH].join(delimiter) },
    run,
    stop: async () => {
      for (const child of [...daemons].reverse()) {
        const ended = child.exitCode === null ? once(child, "exit") : Promise.resolve();
        child.kill("SIGTERM");
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folder: string, plugins: string): string {
  const [host = "localhost"] = hostname().split(".");
  const at = (name: string): string => join(folder, name);
  const port = 20_000 + (process.pid % 20_000);
  return [
    "ClusterName=test",
    `SlurmctldHost=${host}(127.0.0.1)`,
    "SlurmUser=root",
    "SlurmdUser=root",
    "AuthType=auth/munge",
    `AuthInfo=socket=${at("munge.socket")}`,
    `PluginDir=${plugins}`,
    `SlurmctldPort=${port}`,
    `SlurmdPort=${port + 1}`,
    `StateSaveLocation=${at("state")}`,
    `SlurmdSpoolDir=${at("spool")}`,
    `SlurmctldPidFile=${at("slurmctld.pid")}`,
    `SlurmdPidFile=${at("slurmd.pid")}`,
    "ProctrackType=proctrack/linuxproc",
    "TaskPlugin=task/none",
    "JobAcctGatherType=jobacct_gather/none",
    "SelectType=select/cons_tres",
    "SelectTypeParameters=CR_CPU",
    "SlurmdParameters=config_overrides",
    "MpiDefault=none",
    "ReturnToService=2",
    `NodeName=${host} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN`,
    "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP",
    "",
  ].join("\n");
}
