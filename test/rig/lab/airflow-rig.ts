/** A real Apache Airflow in an environment of its own below `.cache`, made at first use. Heavy tests only. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { StagebookEvent } from "stagebook/protocol";
import { repository } from "../kernel/notebook-folder";
import { installPython } from "./python-packages";

const version = "3.1.3";
/** The executors for Celery and Kubernetes come in packages of their own. */
const packages = [
  `apache-airflow==${version}`,
  "apache-airflow-providers-celery",
  // Airflow 3.1 does not know later ones.
  "celery<5.6",
  "apache-airflow-providers-cncf-kubernetes",
];

export interface Airflow {
  /** Where DAG files are looked for. */
  readonly dags: string;
  /** AIRFLOW_HOME. */
  readonly home: string;
  /** `airflow dags test`: runs the DAG without a scheduler, one task after another. Resolves with what the tasks wrote. */
  test(dag: string, params?: object): Promise<AirflowRun>;
  /** Starts `airflow …args` and lets it run; `remove` ends it. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): void;
  /** Starts the page's server, the reader of DAG files and the scheduler. */
  startScheduler(): void;
  /** Runs the DAG under the scheduler, once it is known there. Resolves when it is over. */
  trigger(dag: string, params?: object): Promise<AirflowRun>;
  /** Any other command. */
  command(...args: string[]): Promise<string>;
  /** What Python prints that can import Airflow. */
  python(code: string): Promise<string>;
  remove(): Promise<void>;
}

export interface AirflowRun {
  readonly state: string;
  /** In order of time. */
  readonly events: readonly StagebookEvent[];
  readonly output: string;
}

/** An Airflow with a home and a database of its own. `env` is for its tasks, and for more settings. */
export async function createAirflow(env: Readonly<Record<string, string>>): Promise<Airflow> {
  const bin = await installPython(`airflow-${version}`, packages);
  const program = join(bin, "airflow");
  const home = mkdtempSync(join(tmpdir(), "stagebook-airflow-"));
  const dags = join(home, "dags");
  mkdirSync(dags);
  const port = await freePort();
  const parts: ChildProcess[] = [];
  const onExit = (): void => parts.forEach(end);
  process.once("exit", onExit);
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
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS: "True",
    AIRFLOW__API_AUTH__JWT_SECRET: "a secret of the tests that is at least sixty-four characters long, as it has to be",
    // The newest PyJWT wants one.
    AIRFLOW__API_AUTH__JWT_ISSUER: "stagebook-tests",
    AIRFLOW__API__HOST: "127.0.0.1",
    AIRFLOW__API__PORT: String(port),
    AIRFLOW__API__WORKERS: "1",
    AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: "5",
    AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME: "0.2",
    PATH: `${bin}:${process.env.PATH ?? ""}`,
    STAGEBOOK_COMMAND: `${process.execPath} ${join(repository, "node_modules", "stagebook", "bin", "stagebook.js")}`,
    ...env,
  };
  const output = async (file: string, args: readonly string[]): Promise<string> => {
    const child = spawn(file, args, { env: settings, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (piece: Buffer) => (output += piece.toString()));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    if (code !== 0)
      throw new Error(`airflow ${args.join(" ")} ended with ${code ?? "a signal"}:\n${output.slice(-5000)}`);
    return output;
  };
  const command = (...args: string[]): Promise<string> => output(program, args);
  const start = (args: readonly string[], more: Readonly<Record<string, string>> = {}): void => {
    const log = openSync(join(home, `${args.join("-").replaceAll(/[^a-z-]/g, "_")}.log`), "a");
    parts.push(spawn(program, args, { env: { ...settings, ...more }, stdio: ["ignore", log, log], detached: true }));
  };
  const api = createApi(`http://127.0.0.1:${port}`);
  await command("db", "migrate");
  return {
    dags,
    home,
    command,
    start,
    python: (code) => output(join(bin, "python"), ["-c", code]),
    test: async (dag, params = {}) => {
      const output = await command("dags", "test", dag, "--conf", JSON.stringify(params));
      return {
        output,
        events: eventsIn(output),
        state: /DagRun Finished.* state=(\w+)/.exec(output)?.[1] ?? "unknown",
      };
    },
    startScheduler: () => {
      for (const part of ["api-server", "dag-processor", "scheduler"]) start([part]);
    },
    trigger: async (dag, params = {}) => {
      const { id, state } = await api.run(dag, params);
      const output = logsOf(join(home, "logs", `dag_id=${dag}`, `run_id=${id}`));
      return { state, output, events: [...eventsIn(output)].sort((a, b) => a.at - b.at) };
    },
    remove: async () => {
      process.off("exit", onExit);
      await Promise.all(parts.map(ended));
      rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
    },
  };
}

/** The lines of JSON that tasks wrote, out of Airflow's own log lines: text of `dags test`, JSON of the scheduler. */
export function eventsIn(output: string): readonly StagebookEvent[] {
  return output.split("\n").flatMap((line) => {
    const text = /(\{.*"type":"[a-z]+:[a-z]+".*\})/.exec(textOf(line))?.[1];
    const event = text === undefined ? undefined : parsed(text);
    return event === undefined ? [] : [event as StagebookEvent];
  });
}

function textOf(line: string): string {
  const record = line.startsWith("{") ? parsed(line) : undefined;
  const isLogged = typeof record === "object" && record !== null && "event" in record;
  return isLogged && typeof record.event === "string" ? record.event : line;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** All attempts of all tasks. */
function logsOf(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".log"));
  return names.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
}

/** Airflow's REST interface. */
function createApi(address: string) {
  const ask = async (path: string, body?: object): Promise<Record<string, unknown>> => {
    const { access_token: token } = (await (await fetch(`${address}/auth/token`)).json()) as { access_token: string };
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const post = body && { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`${address}/api/v2/${path}`, { headers, ...post });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  return {
    run: async (dag: string, conf: object): Promise<{ readonly id: string; readonly state: string }> => {
      await until(async () => (await ask(`dags/${dag}`)).is_paused === false, `the scheduler knows the DAG ${dag}`);
      const { dag_run_id: id } = await ask(`dags/${dag}/dagRuns`, { logical_date: null, conf });
      const path = `dags/${dag}/dagRuns/${encodeURIComponent(String(id))}`;
      let state = "";
      await until(async () => /^(success|failed)$/.test((state = String((await ask(path)).state))), `${dag} has run`);
      return { id: String(id), state };
    },
  };
}

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 400_000;
  for (let last: unknown; ;) {
    if (Date.now() > deadline) throw new Error(`it never came that ${what}`, { cause: last });
    try {
      if (await isSo()) return;
    } catch (error) {
      last = error;
    }
    await pause(500);
  }
}

function end(part: ChildProcess): void {
  killGroup(part, "SIGTERM");
}

/** Each part of Airflow starts processes of its own. */
function killGroup(part: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): void {
  if (part.pid === undefined || part.exitCode !== null || part.signalCode !== null) return;
  try {
    process.kill(-part.pid, signal);
  } catch {
    // It has ended by itself.
  }
}

async function ended(part: ChildProcess): Promise<void> {
  const over = new Promise((resolve) => part.once("exit", resolve));
  end(part);
  if (part.exitCode !== null || part.signalCode !== null) return;
  const killing = setTimeout(() => {
    killGroup(part);
  }, 20_000);
  await over;
  clearTimeout(killing);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
