/** The peers in their pinned versions, below `.cache/bench-peers`: installed when they are first needed, or when a pin has changed. */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestFiles, run } from "../lib/command.mjs";
import { findNpm } from "../lib/packages.mjs";
import { cache, root } from "../lib/project.mjs";
import { findPython } from "../lib/python.mjs";

const pins = join(root, ".dev", "bench-peers", "peers");
export const folder = join(cache, "bench-peers");
/** Stores, notebooks and scripts of the contenders: on the same file system as the project. */
export const workFolder = join(folder, "work");
export const nodeFolder = join(folder, "node");

const advice = "Check that the package indexes of Python and npm can be reached, then start again.";

/** @param {string} name */
const pythonOf = (name) =>
  join(folder, name, ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]));

/** The Python that has the peers, and the one with the first version of Pyper, whose API is another. */
export const peersPython = pythonOf("python");
export const oldPyperPython = pythonOf("pyper-0.1");

/** @type {readonly import("../lib/progress.mjs").Step[]} */
export const peers = [
  pythonStep("peers in Python", "python", "requirements.txt"),
  pythonStep("Pyper 0.1", "pyper-0.1", "requirements-pyper-0.1.txt"),
  {
    name: "peers in Node.js",
    isCurrent: () => isCurrent("node", ["package.json", "package-lock.json"]),
    async work() {
      rmSync(nodeFolder, { recursive: true, force: true });
      mkdirSync(nodeFolder, { recursive: true });
      for (const file of ["package.json", "package-lock.json"]) copyFileSync(join(pins, file), join(nodeFolder, file));
      const [file, ...args] = findNpm();
      await run("peers-npm-ci", file, [...args, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
        cwd: nodeFolder,
        advice,
      });
      writeStamp("node", ["package.json", "package-lock.json"]);
    },
  },
];

/**
 * @param {string} name
 * @param {string} environment
 * @param {string} requirements
 * @returns {import("../lib/progress.mjs").Step}
 */
function pythonStep(name, environment, requirements) {
  return {
    name,
    isCurrent: () => isCurrent(environment, [requirements]),
    async work() {
      const found = findPython();
      const path = join(folder, environment);
      await run(`peers-venv-${environment}`, found.file, [...found.args, "-m", "venv", "--clear", path], { advice });
      const install = ["-m", "pip", "install", "--no-input", "--prefer-binary", "-r", join(pins, requirements)];
      await run(`peers-pip-${environment}`, pythonOf(environment), install, { advice });
      writeStamp(environment, [requirements]);
    },
  };
}

/**
 * @param {string} environment
 * @param {readonly string[]} files
 */
function isCurrent(environment, files) {
  const stamp = join(folder, environment, "stagebook-stamp");
  return existsSync(stamp) && readFileSync(stamp, "utf8") === wanted(files);
}

/**
 * @param {string} environment
 * @param {readonly string[]} files
 */
function writeStamp(environment, files) {
  writeFileSync(join(folder, environment, "stagebook-stamp"), wanted(files));
}

/** An environment knows its own path. @param {readonly string[]} files */
function wanted(files) {
  return digestFiles(
    files.map((file) => join(pins, file)),
    [root],
  );
}

/** The versions of the peers that are compared, by name. @returns {Readonly<Record<string, string>>} */
export function readVersions() {
  const named = /^(joblib|diskcache|marimo|sf-hamilton|python-pyper|dask|papermill|nbconvert|pyarrow)==(\S+)/gm;
  const inPython = readFileSync(join(pins, "requirements.txt"), "utf8").matchAll(named);
  const inNode = Object.entries(JSON.parse(readFileSync(join(pins, "package.json"), "utf8")).dependencies);
  return Object.fromEntries([...[...inPython].map(([, name, version]) => [name, version]), ...inNode].sort());
}

/** @returns {string} */
export function readPythonVersion() {
  return spawnSync(peersPython, ["--version"], { encoding: "utf8" }).stdout.replace("Python", "").trim();
}
