/** A real Apache Airflow in an environment of its own below `.cache`, made at first use. Heavy tests only. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { StagebookEvent } from "stagebook/protocol";
import { repository } from "./notebook-folder";

const version = "3.1.3";
const environment = join(repository, ".cache", `airflow-${version}`);
const program = join(environment, "bin", "airflow");
const run = promisify(execFile);

export interface Airflow {
  /** Where DAG files are looked for. */
  readonly dags: string;
  /** `airflow dags test`: runs the DAG without a scheduler, one task after another. Resolves with what the tasks wrote. */
  test(dag: string, params?: object): Promise<AirflowRun>;
  /** Starts scheduler and API server with the LocalExecutor; `remove` ends them. */
  start(): void;
  /** Any other command. */
  command(...args: string[]): Promise<string>;
  remove(): void;
}

export interface AirflowRun {
  readonly state: string;
  readonly events: readonly StagebookEvent[];
  readonly output: string;
}

/** An Airflow with a home and a database of its own. `env` is for its tasks. */
export async function createAirflow(env: Readonly<Record<string, string>>): Promise<Airflow> {
  await install();
  const home = mkdtempSync(join(tmpdir(), "stagebook-airflow-"));
  const dags = join(home, "dags");
  mkdirSync(dags);
  const port = await freePort();
  let server: ChildProcess | undefined;
  process.once("exit", () => end(server));
  const settings = {
    ...process.env,
    NODE_OPTIONS: undefined,
    NODE_ENV: undefined,
    VITEST: undefined,
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__DAGS_FOLDER: dags,
    AIRFLOW__CORE__LOAD_EXAMPLES: "False",
    AIRFLOW__CORE__EXECUTOR: "LocalExecutor",
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: "False",
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `http://127.0.0.1:${port}/execution/`,
    AIRFLOW__API__HOST: "127.0.0.1",
    AIRFLOW__API__PORT: String(port),
    AIRFLOW__API__WORKERS: "1",
    AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: "5",
    PATH: `${join(environment, "bin")}:${process.env.PATH ?? ""}`,
    STAGEBOOK_COMMAND: `${process.execPath} ${join(repository, "node_modules", "stagebook", "lib", "cli", "main.js")}`,
    ...env,
  };
  const command = async (...args: string[]): Promise<string> => {
    const child = spawn(program, args, { env: settings, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (piece: Buffer) => (output += piece.toString()));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    if (code !== 0)
      throw new Error(`airflow ${args.join(" ")} ended with ${code ?? "a signal"}:\n${output.slice(-5000)}`);
    return output;
  };
  await command("db", "migrate");
  return {
    dags,
    command,
    test: async (dag, params = {}) => {
      const output = await command("dags", "test", dag, "--conf", JSON.stringify(params));
      return {
        output,
        events: eventsIn(output),
        state: /DagRun Finished.* state=(\w+)/.exec(output)?.[1] ?? "unknown",
      };
    },
    start: () => {
      server = spawn(program, ["standalone"], { env: settings, stdio: "ignore", detached: true });
    },
    remove: () => {
      end(server);
      rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
    },
  };
}

/** The lines of JSON that tasks wrote, out of Airflow's own log lines. */
export function eventsIn(output: string): readonly StagebookEvent[] {
  return output.split("\n").flatMap((line) => {
    const text = /(\{.*"type":"[a-z]+:[a-z]+".*\})/.exec(line)?.[1];
    try {
      return text === undefined ? [] : [JSON.parse(text) as StagebookEvent];
    } catch {
      return [];
    }
  });
}

/** The whole group: each part of Airflow is a process of its own. */
function end(server: ChildProcess | undefined): void {
  if (server?.pid === undefined || server.exitCode !== null) return;
  try {
    process.kill(-server.pid, "SIGTERM");
  } catch {
    // It has ended by itself.
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function install(): Promise<void> {
  if (existsSync(join(environment, "ready"))) return;
  await run("python3", ["-m", "venv", environment]);
  await run(join(environment, "bin", "pip"), ["install", "--quiet", `apache-airflow==${version}`], {
    maxBuffer: 2 ** 26,
  });
  writeFileSync(join(environment, "ready"), "");
}
