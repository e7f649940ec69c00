/** `npm start`: sets up what is missing and opens JupyterLab on a notebook. Ctrl-C stops it and its kernels. */
import { existsSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { parseArgs } from "node:util";
import { printProblem, Problem, stopCommands } from "./lib/command.mjs";
import { doStep } from "./lib/progress.mjs";
import { logs, root } from "./lib/project.mjs";
import { findFreePort, isFree, startServer } from "./lib/server.mjs";
import { setUp } from "./lib/setup.mjs";

const usage = `npm start -- [--no-browser] [--port <number>] [--notebook <path>]`;

/** @type {import("./lib/server.mjs").Server | undefined} */
let server;
/** When the first request to stop came, epoch milliseconds. */
let stoppingSince = 0;

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, () => stop(signal));
stopWithNpm();
// The terminal may be gone before we are.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

try {
  const options = readOptions();
  if (options.port !== undefined) await checkPort(options.port);
  await setUp();
  await serve(options);
} catch (error) {
  if (stoppingSince === 0) {
    printProblem(error);
    process.exit(1);
  }
}

/** @param {{ port: number | undefined, notebook: string, browser: boolean }} options */
async function serve({ port, notebook, browser }) {
  const path = `/lab/tree/${notebook.split(sep).map(encodeURIComponent).join("/")}`;
  const chosen = port ?? (await findFreePort(8888));
  // One log each: there may be another JupyterLab of this project.
  const log = join(logs, `jupyterlab-${chosen}.log`);
  const started = await startJupyter({
    port: chosen,
    folder: root,
    log,
    openBrowser: browser ? path : undefined,
    // One of a hundred cache hits is computed again and compared.
    env: { STAGEBOOK_AUDIT: process.env.STAGEBOOK_AUDIT ?? "1%" },
  });
  server = started;
  if (stoppingSince > 0) return endServer(started);
  console.log(`JupyterLab's log is ${relative(process.env.INIT_CWD ?? process.cwd(), log)}. Ctrl-C stops everything.`);
  console.log(`Stagebook is ready: ${started.url(path)}`);
  await started.ended;
  if (stoppingSince > 0) return;
  throw new Problem("JupyterLab exited unexpectedly.", "The end of its log is above.", started.tail());
}

/**
 * `startServer` as a step, so that there is a sign of life meanwhile.
 * @param {Parameters<typeof startServer>[0]} options
 * @returns {Promise<import("./lib/server.mjs").Server>}
 */
async function startJupyter(options) {
  /** @type {import("./lib/server.mjs").Server[]} */
  const started = [];
  const work = async () => void started.push(await startServer(options));
  await doStep({ name: "start of JupyterLab", isCurrent: () => false, work });
  return /** @type {import("./lib/server.mjs").Server} */ (started[0]);
}

function readOptions() {
  const { port, notebook, "no-browser": withoutBrowser, help } = parse();
  if (help) {
    console.log(usage);
    process.exit(0);
  }
  return {
    port: port === undefined ? undefined : readPort(port),
    notebook: findNotebook(notebook),
    browser: !withoutBrowser,
  };
}

function parse() {
  try {
    return parseArgs({
      args: process.argv.slice(2),
      options: {
        port: { type: "string" },
        notebook: { type: "string" },
        "no-browser": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new Problem(error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error), `Usage: ${usage}`);
  }
}

/** @param {string} text */
function readPort(text) {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Problem(`"${text}" is not a port.`, "A port is a number from 1 to 65535: npm start -- --port 8899");
}

/** @param {number} port */
async function checkPort(port) {
  if (await isFree(port)) return;
  throw new Problem(
    `Port ${port} is taken by another program.`,
    `Stop that program, or choose another port: npm start -- --port ${await findFreePort(port + 1)}`,
  );
}

/**
 * The notebook's path from the root of the project. Outside of it tslab would not find stagebook.
 * @param {string | undefined} notebook relative to the folder where the user typed the command
 */
function findNotebook(notebook) {
  if (notebook === undefined) return join("notebooks", "quickstart.ipynb");
  const file = resolve(process.env.INIT_CWD ?? process.cwd(), notebook);
  const path = relative(root, file);
  if (path.startsWith(".."))
    throw new Problem(
      `${notebook} is outside of this project (${root}).`,
      "Move the notebook into the folder notebooks.",
    );
  if (!existsSync(file)) throw new Problem(`The notebook ${notebook} does not exist.`, "Check the path.");
  return path;
}

/**
 * The first time in order, the second time at once. npm passes Ctrl-C on to us although the terminal has sent it
 * already: signals within a second are one.
 * @param {NodeJS.Signals} signal
 */
function stop(signal) {
  const again = stoppingSince > 0;
  if (again && Date.now() - stoppingSince < 1_000) return;
  stoppingSince = Date.now();
  stopCommands();
  if (again) {
    server?.kill();
    process.exit(1);
  }
  if (server) void endServer(server);
  else setTimeout(() => process.exit(exitCode(signal)), 300);
}

/** npm starts us through a shell, and a shell that is killed does not pass the signal on: our parent process changes instead. */
function stopWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stoppingSince === 0 && stop("SIGTERM"), 500).unref();
}

/** @param {import("./lib/server.mjs").Server} running */
async function endServer(running) {
  console.log("\nStopping JupyterLab and its kernels …");
  await running.stop();
  console.log("Stopped.");
  process.exit(0);
}

/** @param {NodeJS.Signals} signal */
function exitCode(signal) {
  return { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[/** @type {"SIGINT"} */ (signal)] ?? 1;
}
