/** The checks of `stagebook doctor`, and the form of their findings. */
import { spawnSync } from "node:child_process";
import type { Environment } from "../../pipeline-context";

/** What one check has found. */
export interface Finding {
  /** What was checked: `tslab`, `kernel spec`. */
  readonly check: string;
  /** `warning`: notebooks work, but not everything; `error`: notebooks do not work. */
  readonly status: "ok" | "warning" | "error";
  /** What was found, with versions and paths. */
  readonly found: string;
  /** What is wrong with it; absent when nothing is. */
  readonly problem?: string;
  /** The command that fixes it. */
  readonly fix?: string;
}

/** Where the checks search. */
export interface Surroundings {
  /** The folder of the notebooks, absolute. */
  readonly folder: string;
  readonly environment: Environment;
}

export const ok = (check: string, found: string): Finding => ({ check, status: "ok", found });

/** The output of a program, or undefined when it does not exist or fails. */
export function outputOf(
  { folder, environment }: Surroundings,
  [program = "", ...args]: readonly string[],
): string | undefined {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    env: environment,
    encoding: "utf8",
    timeout: 60_000,
  });
  // Some of Jupyter's commands print their lists to standard error.
  return status === 0 ? `${stdout}${stderr}` : undefined;
}

/** Whether a version `1.2.3…` is at least another one. */
export function isAtLeast(version: string, least: string): boolean {
  const [a, b] = [version, least].map((text) => text.split(/[.-]/).map(Number)) as [number[], number[]];
  for (const [at, part] of b.entries()) {
    const own = a[at] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}
