/** The checks of `stagebook doctor` on the side of Node.js: versions, packages that cells import, types, store, ports. */
import fs from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import path from "node:path";
import { formatSize, StagebookError } from "../../protocol";
import { isAtLeast, ok, type Finding, type Surroundings } from "./check";

const NODE = "20.19.0";
const TSLAB = "1.0.22";
/** A store needs free space for the next result. */
const FREE_BYTES = 200 * 1024 * 1024;

export function checkNode(): Finding {
  const { node } = process.versions;
  if (isAtLeast(node, NODE)) return ok("Node.js", node);
  return {
    check: "Node.js",
    status: "error",
    found: node,
    problem: `older than ${NODE}`,
    fix: "npx node@22 --version",
  };
}

/** Cells import the package of the notebook's folder. `version`: of this command. */
export function checkStagebook({ folder }: Surroundings, version: string): Finding {
  const check = "stagebook";
  const fix = "npm install stagebook";
  const found = versionOf(folder, "stagebook");
  if (found === undefined)
    return { check, status: "error", found: "not installed", problem: `cells in ${folder} cannot import it`, fix };
  if (found === version) return ok(check, found);
  return { check, status: "warning", found, problem: `the command has version ${version}: cells decide`, fix };
}

export function checkTslab({ folder }: Surroundings): Finding {
  const check = "tslab";
  const fix = `npm install tslab@${TSLAB}`;
  const found = versionOf(folder, "tslab");
  if (found === undefined)
    return { check, status: "error", found: "not installed", problem: `not found from ${folder}`, fix };
  if (found === TSLAB) return ok(check, found);
  return { check, status: "warning", found, problem: `tried with ${TSLAB} alone`, fix };
}

/** Without the types of Node.js a cell may not even contain `console`. */
export function checkTypes({ folder }: Surroundings): Finding {
  const check = "types of Node.js";
  const found = versionOf(folder, "@types/node") ?? versionOf(tslabFolder(folder), "@types/node");
  const major = process.versions.node.split(".")[0] ?? "";
  const fix = `npm install --save-dev @types/node@${major}`;
  if (found === undefined)
    return { check, status: "error", found: "not installed", problem: "cells do not know console, fetch, Buffer", fix };
  if (Number.parseInt(found, 10) <= Number(major)) return ok(check, found);
  return {
    check,
    status: "warning",
    found,
    problem: `they promise what Node.js ${process.versions.node} lacks`,
    fix,
  };
}

/** `open` opens the store and returns its location. */
export function checkStore(open: () => string): Finding {
  const check = "store";
  let location = "";
  try {
    location = open();
    if (!path.isAbsolute(location)) return ok(check, location);
    const folder = existingAbove(location);
    fs.accessSync(folder, fs.constants.W_OK);
    const { bavail, bsize } = fs.statfsSync(folder);
    const free = `${location}, ${formatSize(bavail * bsize)} free`;
    if (bavail * bsize >= FREE_BYTES) return ok(check, free);
    return { check, status: "warning", found: free, problem: "results may not fit", fix: "npx stagebook gc --keep 1" };
  } catch (error) {
    if (error instanceof StagebookError)
      return { check, status: "error", found: error.message, problem: error.code, fix: error.advice };
    const { message } = error as Error;
    return {
      check,
      status: "error",
      found: location,
      problem: message,
      fix: "export STAGEBOOK_STORE=~/stagebook-store",
    };
  }
}

/** A kernel listens on five ports of this machine. */
export async function checkPorts(): Promise<Finding> {
  const check = "ports";
  const server = net.createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return ok(check, "kernels can listen on 127.0.0.1");
  } catch (error) {
    const problem = `a kernel cannot listen: ${(error as Error).message}`;
    return { check, status: "error", found: "127.0.0.1", problem, fix: "ip address add 127.0.0.1/8 dev lo" };
  } finally {
    server.close();
  }
}

/** As cells resolve it: from the folder upwards. */
function versionOf(folder: string | undefined, name: string): string | undefined {
  if (folder === undefined) return undefined;
  try {
    const manifest = createRequire(path.join(folder, "cell.js")).resolve(`${name}/package.json`);
    return (JSON.parse(fs.readFileSync(manifest, "utf8")) as { readonly version: string }).version;
  } catch {
    // Not installed, or damaged: the same for a cell.
    return undefined;
  }
}

/** tslab has types of its own, for folders without. */
function tslabFolder(folder: string): string | undefined {
  try {
    return path.dirname(createRequire(path.join(folder, "cell.js")).resolve("tslab/package.json"));
  } catch {
    return undefined;
  }
}

function existingAbove(location: string): string {
  return fs.existsSync(location) ? location : existingAbove(path.dirname(location));
}
