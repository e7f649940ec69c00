/** What the Dockerfile of notebooks/airflow does, done in plain folders: its own commands, with other places for its paths. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { repository } from "../kernel/notebook-folder";

const run = promisify(execFile);

/** Where the files for Docker and Kubernetes are. */
export const clusterFiles = join(repository, "notebooks", "airflow");

export interface Image {
  /** In place of `/opt/project`. */
  readonly project: string;
  /** In place of `/opt/airflow/dags`. */
  readonly dags: string;
}

/** Follows the README: packs stagebook, and then does the steps of the Dockerfile that are the project's. */
export async function buildImage(folder: string): Promise<Image> {
  const context = join(folder, "context");
  cpSync(clusterFiles, context, { recursive: true, filter: (path) => basename(path) !== "node_modules" });
  for (const command of packCommands()) await shell(command.replaceAll("notebooks/airflow", context), repository);
  const opt = join(folder, "opt");
  mkdirSync(join(opt, "airflow", "dags"), { recursive: true });
  const env: Record<string, string> = {};
  let cwd = opt;
  for (const [step, rest] of projectSteps()) {
    const words = rest.replaceAll("/opt/", `${opt}/`);
    if (step === "WORKDIR") mkdirSync((cwd = words), { recursive: true });
    else if (step === "ENV") env[words.slice(0, words.indexOf("="))] = words.slice(words.indexOf("=") + 1);
    else if (step === "COPY") copy(words, context, cwd);
    else await shell(words, cwd, env);
  }
  return { project: join(opt, "project"), dags: join(opt, "airflow", "dags") };
}

/** The commands of the README that make the package, without the build. */
function packCommands(): readonly string[] {
  const readme = readFileSync(join(clusterFiles, "README.md"), "utf8");
  const [, block = ""] = /```sh\n(npm run build\n.*?)```/s.exec(readme) ?? [];
  return block.split("\n").filter((line) => line !== "" && line !== "npm run build");
}

/** What is done as Airflow's user: the lines behind `USER airflow`. */
function projectSteps(): readonly (readonly [string, string])[] {
  const text = readFileSync(join(clusterFiles, "Dockerfile"), "utf8").split("USER airflow\n")[1] ?? "";
  return [...text.matchAll(/^(WORKDIR|COPY|RUN|ENV) (.*)$/gm)].map(([, step = "", rest = ""]) => [step, rest]);
}

function copy(words: string, context: string, cwd: string): void {
  const [target = "", ...sources] = words.split(" ").filter((word) => !word.startsWith("--")).reverse(); // prettier-ignore
  for (const source of sources) {
    const isFolder = source.endsWith("/");
    cpSync(join(context, source), isFolder ? join(cwd, target) : join(cwd, target, basename(source)), { recursive: true }); // prettier-ignore
  }
}

async function shell(command: string, cwd: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const env = { ...process.env, NODE_OPTIONS: undefined, NODE_ENV: undefined, VITEST: undefined, ...more };
  await run("/bin/sh", ["-ec", command], { cwd, env, maxBuffer: 2 ** 26 });
}
