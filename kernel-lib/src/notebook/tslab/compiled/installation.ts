/** What compiled cells depend on beside what the compiler looks at: this installation of Node.js, tslab and Stagebook, and its settings. */
import fs from "node:fs";
import path from "node:path";
import { ownFolder } from "../../../async/own-code";

/** Of the records; to be changed with what they contain. */
const FORMAT = 1;

/** As a text. `files`: whose content decides what the compiler does, absolute. */
export function describeInstallation(files: readonly string[], settings: Readonly<Record<string, unknown>>): string {
  const { version, execArgv, platform, arch, env } = process;
  const own = [ownFolder, path.join(ownFolder, "chunks")].flatMap((folder) => filesIn(folder));
  const states = [...files, ...own].map((file) => [file, stateOf(file)]);
  return JSON.stringify([FORMAT, version, execArgv, env.NODE_OPTIONS, platform, arch, settings, states]);
}

function filesIn(folder: string): readonly string[] {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return names.filter((name) => name.endsWith(".js")).sort().map((name) => path.join(folder, name)); // prettier-ignore
}

function stateOf(file: string): string {
  const { size, mtimeMs, ino } = fs.statSync(file);
  return `${size} ${mtimeMs} ${ino}`;
}
