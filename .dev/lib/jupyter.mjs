/** What JupyterLab finds in the project's own prefix: the tslab kernel, the extension, settings. */
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { extension, modules, venv } from "./project.mjs";

const share = join(venv, "share", "jupyter");

/** How the stock tslab kernel is started; the test rig starts it in the same way. */
export const kernelSpec = {
  argv: [process.execPath, join(modules, "tslab", "bin", "tslab"), "kernel", "--config-path", "{connection_file}"],
  display_name: "TypeScript",
  language: "typescript",
  interrupt_mode: "signal",
};

/** No pop-ups about news and updates: nothing is asked from outside, and nothing covers the sidebar. */
const settings = { "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false } };

/** Makes them so. Cheap: writes only what differs. */
export function installInPrefix() {
  writeJson(join(share, "kernels", "tslab", "kernel.json"), kernelSpec);
  writeSettings(venv);
  linkExtension();
}

/**
 * The settings that hold for everyone who uses this Python environment.
 * @param {string} prefix
 */
export function writeSettings(prefix) {
  writeJson(join(prefix, "share", "jupyter", "lab", "settings", "overrides.json"), settings);
}

/**
 * @param {string} file
 * @param {unknown} value
 */
function writeJson(file, value) {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A link, so that the next page load gets a new build; a copy where links are not allowed. */
function linkExtension() {
  const { built, installed } = extension;
  const isLink = lstatSync(installed, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  if (isLink && readlinkSync(installed) === built) return;
  rmSync(installed, { recursive: true, force: true });
  mkdirSync(dirname(installed), { recursive: true });
  try {
    symlinkSync(built, installed, "junction");
  } catch {
    cpSync(built, installed, { recursive: true });
  }
}
