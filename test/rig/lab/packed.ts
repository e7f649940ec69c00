/** What a user gets: the packed npm package in a project of its own, outside of the repository, and the wheel. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { execute, type CommandEnd } from "../command-rig";
import { succeed } from "./lab-environment";
import { openFolder, repository, type NotebookFolder } from "../kernel/notebook-folder";

/** A project that has Stagebook from its package. */
export interface Project {
  readonly folder: NotebookFolder;
  /** What its terminal adds to the environment. */
  readonly env: { readonly [name: string]: string };
  /** Runs a program as from a terminal in the project, and resolves with its end, good or bad. */
  execute(...command: readonly string[]): Promise<CommandEnd>;
  /** The same; rejects when it fails. */
  succeed(...command: readonly string[]): Promise<string>;
  /** Types lines into the terminal; rejects at the first that fails. */
  type(lines: readonly string[]): Promise<void>;
}

/** The npm package `stagebook`, packed from what was built. Returns the file. */
export async function packKernelLib(into: string): Promise<string> {
  await succeed(["npm", "pack", "--pack-destination", into], { cwd: join(repository, "kernel-lib") });
  return find(into, ".tgz");
}

/** The wheel of the extension, made from what was built. Returns the file. */
export async function buildWheel(python: string, into: string): Promise<string> {
  const source = join(repository, "lab-extension");
  await succeed([python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", into, source]);
  return find(into, ".whl");
}

function find(folder: string, ending: string): string {
  const name = readdirSync(folder).find((name) => name.endsWith(ending));
  if (name === undefined) throw new Error(`nothing in ${folder} ends with ${ending}`);
  return join(folder, name);
}

/**
 * An empty folder, outside of the repository, with these packages in it. `path`: what comes first on the PATH of the
 * terminal, before `node`.
 */
export function createProject(node: string, packages: readonly string[], path: readonly string[] = []): Project {
  const folder = openFolder(mkdtempSync(join(tmpdir(), "stagebook-project-")));
  for (const file of packages) copyFileSync(file, join(folder.path, basename(file)));
  const env = { PATH: [...path, dirname(node), process.env.PATH ?? ""].join(delimiter) };
  const project: Project = {
    folder,
    env,
    execute: (...command) => execute(command, { cwd: folder.path, env }),
    succeed: (...command) => succeed(command, { cwd: folder.path, env }),
    type: async (lines) => {
      for (const line of lines) await project.succeed("sh", "-c", line);
    },
  };
  return project;
}

/** A Node.js of this major version: the one that runs the tests, or one that npm brings into `.cache`. */
export async function findNode(major: number): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const home = join(repository, ".cache", `node-${major}`);
  const file = join(home, "node_modules", name, "bin", "node");
  if (!existsSync(file)) {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "package.json"), "{}");
    await succeed(["npm", "install", "--no-save", `${name}@${major}`], { cwd: home });
  }
  return file;
}
