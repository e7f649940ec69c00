/** What the figures were measured on. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { root } from "../lib/project.mjs";
import { readPythonVersion, readVersions, workFolder } from "./environment.mjs";

/**
 * @typedef {object} Machine
 * @property {number} cores
 * @property {string} processor
 * @property {number} memoryGb
 * @property {string} system
 * @property {string} fileSystem of the folder with the stores
 * @property {string} node
 * @property {string} python
 * @property {Readonly<Record<string, string>>} peers versions by name
 */

/** @returns {Machine} */
export function describeMachine() {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? "unknown",
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    system: readSystem(),
    fileSystem: readFileSystem(),
    node: process.versions.node,
    python: readPythonVersion(),
    peers: readVersions(),
  };
}

/** The load of the last minute, as processes that run or wait: above 1 the figures are not those of a quiet machine. */
export function readLoad() {
  return Math.round((loadavg()[0] ?? 0) * 10) / 10;
}

/** The commit that is measured; with `+` when files differ from it. */
export function readCommit() {
  const git = (/** @type {string[]} */ ...args) =>
    spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout.trim();
  const isChanged = git("status", "--porcelain", "--", "kernel-lib/src", "kernel-lib/package.json") !== "";
  return git("rev-parse", "--short", "HEAD") + (isChanged ? "+" : "");
}

function readSystem() {
  const file = "/etc/os-release";
  const [, name] = existsSync(file) ? (/^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync(file, "utf8")) ?? []) : [];
  const version = release().split(".").slice(0, 2).join(".");
  return [name, `${type()} ${version}`].filter(Boolean).join(", ");
}

/** The type of the mount with the longest path above the folder. */
function readFileSystem() {
  if (!existsSync("/proc/mounts")) return "unknown";
  const mounts = readFileSync("/proc/mounts", "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, path = ""]) => `${workFolder}/`.startsWith(path === "/" ? path : `${path}/`))
    .sort(([, a = ""], [, b = ""]) => b.length - a.length);
  return mounts[0]?.[2] ?? "unknown";
}
