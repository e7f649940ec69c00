/** Where everything of the project lies, and the environment of every program that is started: nothing outside is written. */
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const cache = join(root, ".cache");
export const logs = join(cache, "logs");
export const modules = join(root, "node_modules");
export const venv = join(root, ".venv");
export const python = process.platform === "win32" ? join(venv, "Scripts", "python.exe") : join(venv, "bin", "python");
export const jupyterFolder = join(root, ".jupyter");

/** The extension as JupyterLab loads it, and as the build makes it. */
export const extension = {
  name: "jupyterlab-stagebook",
  built: join(root, "lab-extension", "jupyterlab_stagebook", "labextension"),
  installed: join(venv, "share", "jupyter", "labextensions", "jupyterlab-stagebook"),
};

/**
 * The environment for npm, pip, Jupyter and browsers: caches, settings and run-time files stay inside the project.
 * @param {string} [jupyter] the folder for JupyterLab's own state; tests have one each
 * @returns {NodeJS.ProcessEnv}
 */
export function createEnvironment(jupyter = jupyterFolder) {
  mkdirSync(jupyter, { recursive: true });
  const {
    PYTHONHOME: _home,
    PYTHONPATH: _path,
    JUPYTER_PATH: _jupyter,
    JUPYTER_CONFIG_PATH: _config,
    ...inherited
  } = process.env;
  return {
    ...inherited,
    // pip asks rustc for its version, and rustup then makes a folder in a home that has none.
    ...(existsSync(join(homedir(), ".rustup")) ? {} : { RUSTUP_HOME: join(cache, "rustup") }),
    JUPYTER_CONFIG_DIR: join(jupyter, "config"),
    JUPYTER_DATA_DIR: join(jupyter, "data"),
    JUPYTER_RUNTIME_DIR: join(jupyter, "runtime"),
    JUPYTERLAB_SETTINGS_DIR: join(jupyter, "settings"),
    JUPYTERLAB_WORKSPACES_DIR: join(jupyter, "workspaces"),
    JUPYTER_PREFER_ENV_PATH: "1",
    IPYTHONDIR: join(jupyter, "ipython"),
    PYTHONNOUSERSITE: "1",
    PIP_CACHE_DIR: join(cache, "pip"),
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    npm_config_cache: join(cache, "npm"),
    PLAYWRIGHT_BROWSERS_PATH: join(cache, "browsers"),
  };
}

/**
 * For Node.js processes that live for seconds, most of which is TypeScript's start: V8 optimizes many functions there that are soon
 * no longer called. With a larger budget it waits longer before it does, and such a process needs a quarter less CPU time.
 */
export const nodeFlags = ["--interrupt-budget=1000000"];
