/** Python packages in an environment of their own below `.cache`, made at first use. Heavy tests only. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { repository } from "../kernel/notebook-folder";

const run = promisify(execFile);

/** Installs them unless they are there. Several test files may ask at the same time. Returns the folder of the programs. */
export async function installPython(name: string, packages: readonly string[]): Promise<string> {
  const environment = join(repository, ".cache", name);
  const mark = join(environment, "ready");
  const wanted = packages.join("\n");
  mkdirSync(join(repository, ".cache"), { recursive: true });
  await alone(`${environment}.lock`, async () => {
    if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return;
    await run("python3", ["-m", "venv", "--clear", environment]);
    await run(join(environment, "bin", "pip"), ["install", "--quiet", ...packages], { maxBuffer: 2 ** 26 });
    writeFileSync(mark, wanted);
  });
  return join(environment, "bin");
}

/** One process at a time; a lock that a killed one left does not block others. */
async function alone(lock: string, work: () => Promise<void>): Promise<void> {
  while (!taken(lock)) {
    if (!isAlive(Number(readIf(lock)))) rmSync(lock, { force: true });
    await pause(500);
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function taken(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

function readIf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return String(process.pid);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
