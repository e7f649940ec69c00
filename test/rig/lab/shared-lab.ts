/**
 * One JupyterLab for all browser tests, started once by vitest. The files of the project `browser` run one after the other: each gets
 * the server with an empty folder and no kernel, settings or layout of the one before, and a browser of its own.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { findBrowser } from "../../../.dev/lib/browser.mjs";
import { kernelSpec } from "../../../.dev/lib/jupyter.mjs";
import { createEnvironment, nodeFlags } from "../../../.dev/lib/project.mjs";
import { startServer } from "../../../.dev/lib/server.mjs";
import { createNotebookFolder, repository } from "../kernel/notebook-folder";
import { findFreePorts } from "../kernel/wire";

/** What a test file needs to use them. */
export interface SharedLab {
  readonly origin: string;
  readonly token: string;
  /** The folder that the file browser shows. */
  readonly folder: string;
  /** JupyterLab's own state: settings, layouts, the log. */
  readonly jupyter: string;
}

declare module "vitest" {
  interface ProvidedContext {
    /** Undefined in heavy runs. */
    sharedLab: SharedLab | undefined;
  }
}

/** Called by vitest before the first browser test. Returns what ends it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [port] = (await findFreePorts(1)) as [number];
  const [folder, state] = [createNotebookFolder(), createNotebookFolder()];
  const server = await startServer({
    port,
    folder: folder.path,
    jupyter: state.path,
    log: join(state.path, "server.log"),
    args: labArgs,
    env: { ...serverEnvironment, ...quickKernels(state.path) },
  });
  project.provide("sharedLab", {
    origin: `http://127.0.0.1:${port}`,
    token: server.token,
    folder: folder.path,
    jupyter: state.path,
  });
  return async () => {
    await server.stop();
    folder.remove();
    state.remove();
  };
}

/** Ends the kernels of the test file before, and removes its notebooks, settings and layouts. */
export async function resetSharedLab({ origin, token, folder, jupyter }: SharedLab): Promise<void> {
  const headers = { authorization: `token ${token}` };
  const list = async (kind: string): Promise<readonly { readonly id: string }[]> =>
    (await (await fetch(`${origin}/api/${kind}`, { headers })).json()) as readonly { readonly id: string }[];
  const end = async (path: string): Promise<void> => {
    const { status } = await fetch(`${origin}/api/${path}`, { method: "DELETE", headers });
    // A kernel ends with its session.
    if (status !== 204 && status !== 404) throw new Error(`${path} could not be ended: status ${status}`);
  };
  for (const kind of ["sessions", "kernels"])
    await Promise.all((await list(kind)).map(({ id }) => end(`${kind}/${id}`)));
  for (const parent of [folder, join(jupyter, "settings"), join(jupyter, "workspaces")]) {
    mkdirSync(parent, { recursive: true });
    for (const name of readdirSync(parent))
      rmSync(join(parent, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/**
 * What the page loads: all that JupyterLab has, or without its parts that have nothing to do with notebooks, outputs and the sidebar. Each
 * load of the page then takes a quarter less time. For each of them the server would also start yarn, to see whether JupyterLab has to be
 * built. It reads this file again for each page.
 */
export function chooseParts({ jupyter }: SharedLab, parts: "all" | "needed"): void {
  const left = parts === "all" ? [] : unneeded;
  const folder = join(jupyter, "config", "labconfig");
  mkdirSync(folder, { recursive: true });
  const disabledExtensions = Object.fromEntries(left.map((name) => [`@jupyterlab/${name}-extension`, true]));
  const config = { disabledExtensions, buildCheck: parts === "all" };
  writeFileSync(join(folder, "page_config.json"), JSON.stringify(config));
}

const unneeded = [
  "audio",
  "celltags",
  "console",
  "csvviewer",
  "debugger",
  "extensionmanager",
  "fileeditor",
  "help",
  "htmlviewer",
  "hub",
  "imageviewer",
  "inspector",
  "javascript",
  "json",
  "logconsole",
  "lsp",
  "markdownviewer",
  "mathjax",
  "mermaid",
  "metadataform",
  "pdf",
  "pluginmanager",
  "running",
  "settingeditor",
  "terminal",
  "toc",
  "tooltip",
  "vega5",
  "video",
  "workspaces",
];

/** Arguments of each JupyterLab and Notebook that the tests drive. */
export const labArgs = ["--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"];

/** Without vitest's own settings, which would reach the kernels. */
export const serverEnvironment = { VITEST: undefined, NODE_ENV: undefined, NODE_OPTIONS: undefined };

/**
 * Environment in which Jupyter starts the stock kernel with the flags of other test processes (`nodeFlags`). The spec of the environment's
 * own kernel stays what users have.
 */
function quickKernels(folder: string): { readonly JUPYTER_PATH: string } {
  const [node = "", ...args] = kernelSpec.argv;
  const spec = join(folder, "share", "kernels", "tslab");
  mkdirSync(spec, { recursive: true });
  writeFileSync(join(spec, "kernel.json"), JSON.stringify({ ...kernelSpec, argv: [node, ...nodeFlags, ...args] }));
  return { JUPYTER_PATH: join(folder, "share") };
}

/** How Chromium is started. Throws where there is none. */
export async function browserOptions(): Promise<{
  executablePath: string;
  args: string[];
  env: Record<string, string>;
}> {
  const executablePath = await findBrowser();
  if (executablePath === null) throw new Error("Chromium is not installed: npm test installs it");
  const home = join(repository, ".cache", "rig", "browser-home");
  mkdirSync(home, { recursive: true });
  return { executablePath, args: browserFlags, env: { ...createEnvironment(), HOME: home } };
}

const browserFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A page lives for a minute: its scripts are not worth optimizing so early (see `nodeFlags`).
  "--js-flags=--interrupt-budget=1000000",
  // A turn of the wheel scrolls at once.
  "--disable-smooth-scrolling",
];
