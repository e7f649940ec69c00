/** A folder in which rows of the table are executed: data, modules and packages, and one module for each row. */
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";

export interface ObservedFolder {
  readonly path: string;
  readonly require: NodeJS.Require;
  /** Puts the files back as they were, and writes a module that exports an async function with the body. */
  write(code: string): (server: string) => Promise<unknown>;
  remove(): void;
}

const packages: Record<string, string> = {
  "node_modules/reader/index.js": `const fs = require("fs");
exports.read = (file) => fs.readFileSync(file);
exports.variable = (name) => process.env[name];
exports.platform = () => process.platform;
exports.now = () => Date.now();
exports.random = () => Math.random();
exports.thread = () => new Promise((done) => new (require("worker_threads").Worker)("1", { eval: true }).on("exit", done));
exports.table = () => fs.readFileSync(__dirname + "/table.json", "utf8");`,
  "node_modules/loading/index.js": `module.exports = [Date.now(), Object.keys(process.env), new Date(0).getHours(), Math.random()];`,
  "node_modules/reader/table.json": "{}",
  "node_modules/early/index.js": `const { readFileSync, readdirSync, promises } = require("fs");
const { spawn, execSync } = require("child_process");
module.exports = { readFileSync, readdirSync, promises: { readFile: promises.readFile }, spawn, execSync };`,
};

const data: Record<string, string> = {
  "data/a.txt": "one",
  "data/b.txt": "two",
  "data/sub/c.txt": "three",
  "old.txt": "",
  "mod.json": "{}",
  "mod-data.json": "{}",
  "mod.cjs": 'module.exports = require("./mod-data.json");',
  "mod.mjs": "export default 1;",
  "loaded.json": "{}",
  "loaded-data.json": "{}",
  "loaded.cjs": 'module.exports = require("./loaded-data.json");',
};

/** Writes the packages, and returns what puts the data as it was. */
export function fillObservedFolder(folder: string): () => void {
  const put = (files: Record<string, string>): void => {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(folder, name);
      if (fs.existsSync(file) && fs.readFileSync(file, "utf8") === text) continue;
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    }
  };
  put(packages);
  put(data);
  fs.symlinkSync("data/a.txt", path.join(folder, "link.txt"));
  const known = new Set([...fs.readdirSync(folder), "link.txt", ".stagebook"]);
  return () => {
    for (const name of fs.readdirSync(folder))
      if (!known.has(name)) fs.rmSync(path.join(folder, name), { recursive: true });
    put(data);
  };
}

export function createObservedFolder(): ObservedFolder {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "observed-")));
  const here = createRequire(path.join(folder, "index.js"));
  const reset = fillObservedFolder(folder);
  let rows = 0;
  return {
    path: folder,
    require: here,
    write(code) {
      reset();
      for (const name of ["mod.json", "mod.cjs", "mod-data.json"])
        Reflect.deleteProperty(here.cache, path.join(folder, name));
      const name = `row-${++rows}.cjs`;
      fs.writeFileSync(path.join(folder, name), `module.exports = async (server) => { ${code} };\n`);
      return here(`./${name}`) as (server: string) => Promise<unknown>;
    },
    remove: () => fs.rmSync(folder, { recursive: true }),
  };
}
