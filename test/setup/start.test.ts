/** `npm start`, as a user runs it. The set-up has been done by `npm test`: these are second starts. */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findDescendants } from "../../.dev/lib/server.mjs";
import { createNotebookFolder, repository } from "../rig/kernel/notebook-folder";
import type { NotebookFolder } from "../rig/kernel/notebook-folder";
import { findFreePorts } from "../rig/kernel/wire";
import { part } from "../rig/part";

let home: NotebookFolder;
let started: ChildProcess | undefined;
beforeEach(() => {
  home = createNotebookFolder();
});
afterEach(() => {
  if (started?.pid !== undefined && started.exitCode === null && started.signalCode === null) {
    for (const pid of [...findDescendants(started.pid), started.pid]) tryKill(pid);
  }
  started = undefined;
  home.remove();
});

test("[setup] the last line is the address of the notebook, and nothing is written into the home folder", async () => {
  const { url } = await start();
  const answer = await fetch(url.replace("/lab/tree/", "/api/contents/"));
  expect(answer.status).toBe(200);
  expect(new URL(url).hostname).toBe("127.0.0.1");
  expect((await fetch(new URL("/api/contents", url))).status).toBe(403);
  expect(readdirSync(home.path)).toEqual([]);
});

test.each(part(["SIGINT", "SIGTERM", "SIGHUP"] as const, 1))(
  "[setup] %s ends JupyterLab and its kernels within seconds",
  async (signal) => {
    const { url, child } = await start();
    const created = await fetch(url.replace(/\/lab\/tree\/[^?]*/, "/api/kernels"), {
      method: "POST",
      body: `{"name":"tslab"}`,
    });
    expect(created.status).toBe(201);
    const processes = findDescendants(child.pid!);
    expect(processes.length).toBeGreaterThanOrEqual(2);
    const asked = Date.now();
    child.kill(signal);
    await new Promise((resolve) => child.once("exit", resolve));
    expect(processes.filter(isRunning)).toEqual([]);
    expect(Date.now() - asked).toBeLessThan(10_000);
  },
);

test("[setup] JupyterLab stops when npm start is killed", async () => {
  const { child } = await start();
  const processes = findDescendants(child.pid!);
  child.kill("SIGKILL");
  await expect.poll(() => processes.filter(isRunning)).toEqual([]);
});

test("[setup] a port that is taken, an unknown option and a missing notebook are sentences", async () => {
  const [port] = (await findFreePorts(1)) as [number];
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
  try {
    expect(startOnce("--port", String(port))).toMatch(
      new RegExp(`^Port ${port} is taken by another program.\n.*npm start -- --port \\d+\n$`),
    );
  } finally {
    other.close();
  }
  expect(startOnce("--prot", "1")).toMatch(/^Unknown option '--prot'\nUsage: npm start/);
  expect(startOnce("--port", "x")).toMatch(/^"x" is not a port\./);
  expect(startOnce("--notebook", "notebooks/none.ipynb")).toMatch(
    /^The notebook notebooks\/none\.ipynb does not exist\./,
  );
  expect(startOnce("--notebook", "/etc/passwd")).toMatch(/is outside of this project/);
});

/** Starts on a free port and resolves when the last line was printed. */
async function start(): Promise<{ url: string; child: ChildProcess }> {
  const [port] = (await findFreePorts(1)) as [number];
  const child = spawn(
    process.execPath,
    [join(repository, ".dev", "start.mjs"), "--no-browser", "--port", String(port)],
    {
      cwd: repository,
      env: createEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  started = child;
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    const read = (text: Buffer): void => {
      output += text.toString();
      const ready = /^Stagebook is ready: (http:\S+)\n$/m.exec(output);
      if (ready?.[1] !== undefined) resolve(ready[1]);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", () => reject(new Error(`npm start ended:\n${output}`)));
  });
  expect(output.trimEnd().split("\n").at(-1)).toContain(url);
  return { url, child };
}

/** Runs a start that is refused, and returns what it says. */
function startOnce(...args: string[]): string {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(repository, ".dev", "start.mjs"), "--no-browser", ...args],
    {
      cwd: repository,
      encoding: "utf8",
      env: createEnvironment(),
      timeout: 120_000,
    },
  );
  expect(status).toBe(1);
  return stderr;
}

/** As in a terminal: nothing of npm's or vitest's own. */
function createEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: home.path, INIT_CWD: repository };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
