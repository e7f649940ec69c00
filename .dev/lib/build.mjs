/** The build of both packages. What each script reads, writes and waits for is in package.json, under `wireit`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.mjs";
import { findNpm } from "./packages.mjs";
import { logs } from "./project.mjs";

/** Brings kernel-lib and lab-extension up to date; wireit skips what is current. */
export const build = createBuild("build:all");

/** The same for kernel-lib alone. */
export const kernelBuild = createBuild("build:kernel");

/** @param {string} script @returns {import("./progress.mjs").Step} */
function createBuild(script) {
  const log = "build";
  return {
    name: log,
    isCurrent: () => false,
    async work() {
      const [file, ...args] = findNpm();
      await run(log, file, [...args, "run", "--silent", script], {
        env: { WIREIT_LOGGER: "simple" },
        advice: "Fix the errors above and start again.",
      });
      return /Executed successfully|Restored from cache/.test(readFileSync(join(logs, `${log}.log`), "utf8"));
    },
  };
}
