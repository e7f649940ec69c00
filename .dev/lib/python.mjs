/** A Python of the user's, and from it the project's own environment with a pinned JupyterLab. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestFiles, Problem, run } from "./command.mjs";
import { python, root, venv } from "./project.mjs";

const requirements = join(root, ".dev", "config", "requirements.txt");
const stamp = join(venv, "stagebook-stamp");
const needed = "3.10";

/** @type {import("./progress.mjs").Step} */
export const jupyterlab = {
  name: "JupyterLab",
  isCurrent: () => existsSync(python) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted(),
  async work() {
    const found = findPython();
    rmSync(stamp, { force: true });
    const network =
      "Check that the Python package index can be reached, then start again: what is already installed is kept.";
    await run("python-venv", found.file, [...found.args, "-m", "venv", "--clear", venv], {
      advice: "If the folder .venv cannot be written, remove it and start again.",
    });
    // The list is complete, so pip need not work out what depends on what.
    await run(
      "pip-install",
      python,
      ["-m", "pip", "install", "--no-input", "--no-deps", "--prefer-binary", "-r", requirements],
      { advice: network },
    );
    writeFileSync(stamp, wanted());
  },
};

/** An environment knows its own path: a moved folder needs a new one. */
function wanted() {
  return digestFiles([requirements], [root]);
}

const probe = `
import sys
try:
    import ensurepip, venv
    complete = 1
except ImportError:
    complete = 0
print(sys.version_info[0], sys.version_info[1], complete)
`;

/**
 * The first Python that is new enough and can make environments.
 * @returns {{ file: string, args: string[] }}
 */
export function findPython() {
  const chosen = process.env.STAGEBOOK_PYTHON;
  /** @type {[string, ...string[]][]} */
  const candidates = chosen ? [[chosen]] : [["python3"], ["python"], ["py", "-3"]];
  const found = candidates.map(([file, ...args]) => ({ file, args, ...askPython(file, args) }));
  const usable = found.find(({ version, complete }) => isEnough(version) && complete);
  if (usable) return usable;
  throw explain(found, chosen);
}

/**
 * @param {string} file
 * @param {string[]} args
 * @returns {{ version: string | null, complete: boolean }}
 */
function askPython(file, args) {
  const { status, stdout } = spawnSync(file, [...args, "-c", probe], { encoding: "utf8", timeout: 20_000 });
  const [major, minor, complete] = status === 0 ? stdout.trim().split(" ") : [];
  return minor === undefined
    ? { version: null, complete: false }
    : { version: `${major}.${minor}`, complete: complete === "1" };
}

/** @param {string | null} version */
function isEnough(version) {
  const [major = 0, minor = 0] = (version ?? "0.0").split(".").map(Number);
  return major === 3 && minor >= 10;
}

/**
 * @param {readonly { file: string, version: string | null, complete: boolean }[]} found
 * @param {string | undefined} chosen
 */
function explain(found, chosen) {
  const withoutVenv = found.find(({ version }) => isEnough(version));
  const tooOld = found.find(({ version }) => version !== null);
  if (withoutVenv) {
    return new Problem(
      `Python ${withoutVenv.version} (${withoutVenv.file}) has no venv module, which JupyterLab's own environment needs.`,
      "On Debian and Ubuntu: `apt install python3-venv`. Then start again.",
    );
  }
  if (tooOld) {
    return new Problem(
      `JupyterLab needs Python ${needed} or newer; ${tooOld.file} is ${tooOld.version}.`,
      "Install a newer Python, or name one: STAGEBOOK_PYTHON=/path/to/python3 npm start",
    );
  }
  return new Problem(
    chosen
      ? `STAGEBOOK_PYTHON names ${chosen}, which does not run.`
      : `No Python was found. JupyterLab needs Python ${needed} or newer.`,
    "Install Python (on Debian and Ubuntu: `apt install python3 python3-venv`), or name one: STAGEBOOK_PYTHON=/path/to/python3 npm start",
  );
}
