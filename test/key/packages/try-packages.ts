/**
 * Tries the cases of packages: two processes on one store. In the first the value, the same again, the other value and the first one once
 * more; in the second, which finds all of them, the value and the other one, in a heavy run the same as in the first.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeFlags } from "../../../.dev/lib/project.mjs";
import { repository } from "../../rig/kernel/notebook-folder";
import { isHeavy } from "../../rig/part";
import type { PackageCase } from "./installed-cases";

/** What happened to one case: whether the stage ran for each definition, in the order of `STEPS`, and what was untracked. */
export interface PackageOutcome {
  readonly title: string;
  readonly ran: readonly boolean[];
  readonly untracked: readonly string[];
  readonly error?: string;
}

/** What a process does with each case. */
export const STEPS = [
  "before",
  "before, executed again",
  "before, after its use",
  "after",
  "before once more",
] as const;
/** In a later process. */
export const LATER_STEPS = isHeavy ? STEPS : (["before", "after"] as const);

const library = join(repository, "kernel-lib");

/** Executes user code as the kernel does: as a script without a file. */
const script = `
const { createRequire } = require("node:module");
const vm = require("node:vm");
const { createPipeline } = require(${JSON.stringify(library)});
const [casesFile, store, folder, ...steps] = process.argv.slice(2);
const cases = require(casesFile);
const own = createRequire(folder + "/cell.js");
const execute = (code) => vm.runInThisContext("(function (require) { " + code + " })")(own);
const outcomes = [];
(async () => {
  for (const [at, [title, code, before, after]] of cases.entries()) {
    const outcome = { title, ran: [], untracked: [] };
    outcomes.push(outcome);
    // A pipeline and a store for each: every run plans all stages of its pipeline, and equal code with equal values is one result.
    const p = createPipeline({ store: store + "/" + at });
    let ran = false;
    p.events$.subscribe((event) => { if (event.type === "stage:running") ran = true; });
    const make = (value) => execute("const body = (() => { " + code.replaceAll("VALUE", value) + " })(); return async () => String(await body());");
    const call = async (fn) => {
      const stage = p.stage("s" + at, fn);
      ran = false;
      await stage();
      outcome.ran.push(ran);
      return stage;
    };
    try {
      const first = make(before);
      const acts = {
        "before": () => call(first),
        "before, executed again": () => call(make(before)),
        "before, after its use": () => first().then(() => call(first)),
        "after": () => call(make(after)),
        "before once more": () => call(make(before)),
      };
      let stage;
      for (const step of steps) stage = await acts[step]();
      outcome.untracked = (await stage.plan()).rows[0].untracked ?? [];
    } catch (error) {
      outcome.error = String(error && error.stack);
    }
  }
  require("node:fs").writeFileSync(casesFile + ".out", JSON.stringify(outcomes));
  process.exit(0);
})();`;

/** The outcomes in a first process and in a second one. `folder`: from where the packages are resolved. */
export function tryPackages(cases: readonly PackageCase[], folder: string): readonly (readonly PackageOutcome[])[] {
  const base = mkdtempSync(join(tmpdir(), "package-values-"));
  try {
    const file = join(base, "cases.json");
    writeFileSync(file, JSON.stringify(cases));
    writeFileSync(join(base, "driver.cjs"), script);
    return [STEPS, LATER_STEPS].map((steps) => {
      const { stderr, status } = spawnSync(
        process.execPath,
        [...nodeFlags, join(base, "driver.cjs"), file, join(base, "store"), folder, ...steps],
        {
          encoding: "utf8",
          timeout: 250_000,
        },
      );
      if (status !== 0) throw new Error(`the driver ended with ${status}: ${stderr.slice(-2000)}`);
      return JSON.parse(readOut(file)) as PackageOutcome[];
    });
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

const readOut = (file: string): string => readFileSync(`${file}.out`, "utf8");
