/** Clean Python environments with one JupyterLab or Notebook each, below `.cache`, made at first use. Heavy tests only. */
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { writeSettings } from "../../../.dev/lib/jupyter.mjs";
import { createEnvironment } from "../../../.dev/lib/project.mjs";
import { findPython } from "../../../.dev/lib/python.mjs";
import { execute } from "../command-rig";
import { repository } from "../kernel/notebook-folder";

export interface LabEnvironment {
  readonly prefix: string;
  readonly python: string;
  /** `pip …args`. Rejects with what it wrote when it fails. */
  pip(...args: readonly string[]): Promise<string>;
  /** `python …args`, as in an environment that is active. Resolves with all that it wrote. */
  run(...args: readonly string[]): Promise<string>;
  /** Every file in it, but for what Python compiles by the way. */
  files(): string[];
}

/** An environment with this JupyterLab: a version, or "newest" of JupyterLab 4. Without the extension. */
export function createLabEnvironment(jupyterlab: string): Promise<LabEnvironment> {
  const wanted = jupyterlab === "newest" ? "jupyterlab==4.*" : `jupyterlab==${jupyterlab}`;
  return createPythonEnvironment(`jupyterlab-${jupyterlab}`, [wanted]);
}

/** An environment with these packages, by a name of its own. Without the extension. */
export async function createPythonEnvironment(name: string, packages: readonly string[]): Promise<LabEnvironment> {
  const prefix = join(repository, ".cache", name);
  const environment = openEnvironment(prefix);
  const ready = join(prefix, "ready");
  if (!existsSync(ready)) {
    rmSync(prefix, { recursive: true, force: true });
    const { file, args } = findPython();
    await succeed([file, ...args, "-m", "venv", prefix]);
    await environment.pip("install", ...packages);
    writeSettings(prefix);
    writeFileSync(ready, "");
  }
  // A test that was stopped may have left it.
  await environment.pip("uninstall", "--yes", "jupyterlab_stagebook");
  return environment;
}

/** Runs a program with all caches inside the repository; resolves with what it wrote, and rejects with it when it fails. */
export async function succeed(
  command: readonly string[],
  options: { readonly cwd?: string; readonly env?: { readonly [name: string]: string } } = {},
): Promise<string> {
  const env = { ...createEnvironment(join(repository, ".cache", "rig", "jupyter")), ...options.env };
  const { code, stdout, stderr } = await execute(command, { cwd: options.cwd ?? repository, env });
  if (code === 0) return stdout + stderr;
  throw new Error(`${command.join(" ")} ended with ${code ?? "a signal"}:\n${`${stdout}\n${stderr}`.slice(-5_000)}`);
}

function openEnvironment(prefix: string): LabEnvironment {
  const python = join(prefix, "bin", "python");
  return {
    prefix,
    python,
    pip: (...args) => succeed([python, "-m", "pip", ...args, "--quiet", "--no-input"]),
    run: (...args) => succeed([python, ...args]),
    files: () =>
      readdirSync(prefix, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith(".pyc"))
        .map((entry) => relative(prefix, join(entry.parentPath, entry.name)))
        .sort(),
  };
}
