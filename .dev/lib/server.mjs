/** A JupyterLab server of this project: started, waited for, and ended with everything that it started. */
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { dirname, join, relative } from "node:path";
import { Problem, readTail } from "./command.mjs";
import { createEnvironment, python, root } from "./project.mjs";

const host = "127.0.0.1";

/**
 * @typedef {object} Server
 * @property {number} port
 * @property {string} token
 * @property {number} pid
 * @property {(path: string) => string} url of a path such as `/lab`, with the token
 * @property {Promise<void>} ended resolves when the process has ended, for whatever reason
 * @property {() => Promise<void>} stop ends kernels and server; resolves when none is left
 * @property {() => void} kill ends them at once
 * @property {(lines?: number) => string} tail the last lines of the log
 */

/**
 * Starts JupyterLab on the loopback interface and resolves when it answers. Throws Problem when it does not.
 * @param {{ port: number, folder: string, log: string, openBrowser?: string, jupyter?: string, args?: readonly string[], env?: NodeJS.ProcessEnv, python?: string }} options
 *   folder: what the file browser shows. openBrowser: the path to open. jupyter: the folder for JupyterLab's own state.
 *   python: that of another environment than the project's own.
 * @returns {Promise<Server>}
 */
export async function startServer(options) {
  const token = randomBytes(24).toString("hex");
  const child = spawnServer(options, token);
  const server = createHandle(child, options, token);
  await untilAnswering(server, child);
  return server;
}

/**
 * Whether a port is free.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/**
 * The first free port from this one on.
 * @param {number} from
 */
export async function findFreePort(from) {
  for (let port = from; port < from + 200; port++) if (await isFree(port)) return port;
  throw new Problem(`No port between ${from} and ${from + 199} is free.`, "Name one: npm start -- --port 9999");
}

/**
 * @param {Parameters<typeof startServer>[0]} options
 * @param {string} token
 */
function spawnServer(options, token) {
  mkdirSync(dirname(options.log), { recursive: true });
  const log = openSync(options.log, "w");
  const asRoot = process.getuid?.() === 0 ? ["--allow-root"] : [];
  const browser = options.openBrowser
    ? [`--ServerApp.open_browser=True`, `--LabApp.default_url=${options.openBrowser}`]
    : ["--no-browser"];
  const args = [
    join(root, ".dev", "config", "serve.py"),
    `--ServerApp.ip=${host}`,
    `--ServerApp.port=${options.port}`,
    "--ServerApp.port_retries=0",
    `--ServerApp.root_dir=${options.folder}`,
    // A kernel that does not end when asked is killed after this many seconds.
    "--KernelManager.shutdown_wait_time=2",
    // Rarely tslab loses its first request (it arrives before all sockets are bound): the server then continues after this
    // many seconds. Its own default is 60.
    "--MappingKernelManager.kernel_info_timeout=15",
    ...browser,
    ...asRoot,
    ...(options.args ?? []),
  ];
  const child = spawn(options.python ?? python, args, {
    cwd: root,
    // The token is not on the command line, where other users of the machine could read it.
    env: { ...createEnvironment(options.jupyter), JUPYTER_TOKEN: token, ...options.env },
    // The pipe on standard input is how the server learns that we are gone.
    stdio: ["pipe", log, log],
    // Not in our process group: Ctrl-C is for us, and we end the server in order.
    detached: true,
  });
  closeSync(log);
  return child;
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @param {Parameters<typeof startServer>[0]} options
 * @param {string} token
 * @returns {Server}
 */
function createHandle(child, options, token) {
  const pid = child.pid ?? 0;
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  const isRunning = () => pid > 0 && child.exitCode === null && child.signalCode === null;
  return {
    port: options.port,
    token,
    pid,
    ended,
    url: (path) => `http://${host}:${options.port}${path}?token=${token}`,
    tail: (lines) => readTail(options.log, lines),
    kill: () => killAll([...findDescendants(pid), pid]),
    async stop() {
      const below = findDescendants(pid);
      if (isRunning()) child.kill("SIGTERM");
      await Promise.race([ended, pause(8_000)]);
      killAll(isRunning() ? [...findDescendants(pid), pid] : below);
      await ended;
    },
  };
}

/**
 * @param {Server} server
 * @param {import("node:child_process").ChildProcess} child
 */
async function untilAnswering(server, child) {
  const deadline = Date.now() + 60_000;
  let over = false;
  void server.ended.then(() => (over = true));
  while (!over && Date.now() < deadline) {
    if (await answers(server)) return;
    await pause(100);
  }
  const detail = server.tail();
  await server.stop();
  const file = relative(root, join(root, ".cache", "logs"));
  throw new Problem(
    over
      ? `JupyterLab ended at once (${child.signalCode ?? `exit code ${child.exitCode ?? "unknown"}`}).`
      : "JupyterLab does not answer after 60 s.",
    `Its last lines are above; all of them are in ${file}. If it does not help, remove the folder .venv and start again.`,
    detail,
  );
}

/**
 * Our server, and no other that may have taken the port: it knows our token.
 * @param {Server} server
 * @returns {Promise<boolean>}
 */
function answers(server) {
  return new Promise((resolve) => {
    const request = get(server.url("/api/contents"), { timeout: 5_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(false));
  });
}

/**
 * The processes below one. Kernels are in groups of their own, so that ending the server's group would leave them.
 * @param {number} pid
 * @returns {number[]}
 */
export function findDescendants(pid) {
  const parents = listParents();
  const below = [...parents].filter(([, parent]) => parent === pid).map(([child]) => child);
  return below.flatMap((child) => [child, ...findDescendants(child)]);
}

/** @returns {Map<number, number>} the parent of each process */
function listParents() {
  if (process.platform === "linux") {
    return new Map(
      readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .flatMap((name) => {
          try {
            // "pid (name) state parent …"; the name may hold spaces and brackets.
            const parent = readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1];
            return [/** @type {[number, number]} */ ([Number(name), Number(parent)])];
          } catch {
            return []; // It has ended meanwhile.
          }
        }),
    );
  }
  if (process.platform === "win32") return new Map();
  const lines = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).stdout.trim().split("\n");
  return new Map(lines.map((line) => /** @type {[number, number]} */ (line.trim().split(/\s+/).map(Number))));
}

/** @param {readonly number[]} pids */
function killAll(pids) {
  for (const pid of pids) {
    if (pid <= 0) continue;
    if (process.platform === "win32") spawnSync("taskkill", ["/pid", String(pid), "/t", "/f"]);
    else killOne(pid);
  }
}

/** @param {number} pid */
function killOne(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
