/** The npm packages, exactly as the lock file says. Runs without any of them. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Problem, run } from "./command.mjs";
import { createEnvironment, modules, root } from "./project.mjs";

const needed = { major: 20, minor: 19 };

/** Throws Problem when this Node.js is too old. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > needed.major || (major === needed.major && minor >= needed.minor)) return;
  throw new Problem(
    `Stagebook needs Node.js ${needed.major}.${needed.minor} or newer; this is ${process.versions.node}.`,
    "Install a newer one (the LTS version is a good choice) and start again.",
  );
}

/** @type {import("./progress.mjs").Step} */
export const packages = {
  name: "npm packages",
  isCurrent: matchesLock,
  async work() {
    const [file, ...args] = findNpm();
    // Install scripts are not needed: native packages come with prebuilt binaries.
    await run(
      "npm-ci",
      file,
      [
        ...args,
        "ci",
        "--ignore-scripts",
        "--include=dev",
        "--include=optional",
        "--no-audit",
        "--no-fund",
        "--prefer-offline",
      ],
      {
        env: { NODE_ENV: "development" },
        advice:
          "Check that the npm registry can be reached. If package.json was edited, run `npm install` once to update package-lock.json.",
      },
    );
    await checkZeromq();
  },
};

/** Whether the packages in node_modules match the lock file, except those for other systems. */
function matchesLock() {
  const installed = readPackages(join(modules, ".package-lock.json"));
  const locked = readPackages(join(root, "package-lock.json"));
  if (!installed || !locked) return false;
  const isOurs = (/** @type {string} */ path) => path.startsWith("node_modules/") || path.includes("/node_modules/");
  const wanted = Object.entries(locked).filter(([path]) => isOurs(path));
  return (
    wanted.every(([path, { version, link, optional, devOptional }]) => {
      if (link) return existsSync(join(root, path));
      const found = installed[path];
      return found ? found.version === version : Boolean(optional ?? devOptional);
    }) && Object.keys(installed).every((path) => !isOurs(path) || path in locked)
  );
}

/**
 * @param {string} file
 * @returns {{ [path: string]: { version?: string, link?: boolean, optional?: boolean, devOptional?: boolean } } | null}
 */
function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : null;
}

/** The kernel's sockets need a native binary; where no prebuilt one fits, it is built. */
async function checkZeromq() {
  const load = ["-e", "require('zeromq')"];
  if (spawnSync(process.execPath, load, { cwd: root, env: createEnvironment() }).status === 0) return;
  const [file, ...args] = findNpm();
  await run("npm-rebuild-zeromq", file, [...args, "rebuild", "--ignore-scripts=false", "zeromq"], {
    advice: "zeromq has no prebuilt binary for this system; building it needs a C++ compiler and CMake.",
  });
}

/**
 * The command that starts npm: the npm that runs us, else the one beside Node.js, else the one on the PATH.
 * @returns {[string, ...string[]]}
 */
export function findNpm() {
  const script = process.env.npm_execpath;
  if (script?.endsWith("npm-cli.js") && existsSync(script)) return [process.execPath, script];
  const folder = dirname(process.execPath);
  const beside = [
    join(folder, "node_modules", "npm", "bin", "npm-cli.js"),
    join(folder, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
  ].find(existsSync);
  return beside ? [process.execPath, beside] : ["npm"];
}
