/**
 * `npm run bench:peers`: Stagebook beside what one would use instead. Installs the peers below `.cache/bench-peers`, measures, and
 * writes `kernel-lib/docs/reference/performance.json` and the page made of it. With --print it measures nothing: it prints the page
 * of the committed figures.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { peers, workFolder } from "./bench-peers/environment.mjs";
import { describeMachine, readCommit, readLoad } from "./bench-peers/machine.mjs";
import { measureGroup, stopMeasuring } from "./bench-peers/measure.mjs";
import { createPage, formatJson, jsonFile, pageFile } from "./bench-peers/page.mjs";
import { groups } from "./bench-peers/rows/groups.mjs";
import { Problem, printProblem } from "./lib/command.mjs";
import { doStep } from "./lib/progress.mjs";
import { kernelBuild } from "./lib/build.mjs";
import { checkNode, packages } from "./lib/packages.mjs";

const usage = `npm run bench:peers -- [--runs N] [--row NAME]… [--write] [--print]

  --runs N    how often each process is measured (default 5)
  --row NAME  only these rows: a name, or how several begin; may be repeated. Prints, and writes nothing
  --write     write the figures although they come from fewer than 5 runs
  --print     measure nothing; print the page of the figures that are committed

Rows: ${groups.map(({ id }) => id).join(", ")}`;

try {
  await main();
} catch (error) {
  printProblem(error);
  process.exitCode = 1;
}

async function main() {
  const options = readOptions();
  if (options.help) return console.log(usage);
  if (options.print) return void process.stdout.write(await createPage(JSON.parse(readFileSync(jsonFile, "utf8"))));
  const chosen =
    options.row.length === 0 ? groups : groups.filter(({ id }) => options.row.some((row) => id.startsWith(row)));
  if (chosen.length === 0) throw new Problem(`There is no row ${options.row.join(", ")}.`, usage);
  checkNode();
  await doStep(packages);
  await doStep(kernelBuild);
  await Promise.all(peers.map(doStep));
  const measurement = await measure(chosen, options.runs);
  const page = await createPage(measurement);
  console.log(page);
  if (options.row.length > 0) return;
  if (options.runs < 5 && !options.write) return console.log("Nothing is written: fewer than 5 runs, and no --write.");
  writeFileSync(jsonFile, await formatJson(measurement));
  writeFileSync(pageFile, page);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "5" },
      row: { type: "string", multiple: true, default: [] },
      write: { type: "boolean", default: false },
      print: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Problem(`--runs ${values.runs} is not a number of runs.`, usage);
  return { ...values, runs };
}

/**
 * @param {readonly import("./bench-peers/measure.mjs").Group[]} chosen
 * @param {number} runs
 * @returns {Promise<import("./bench-peers/page.mjs").Measurement>}
 */
async function measure(chosen, runs) {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
    process.once(signal, () => {
      stopMeasuring();
      process.exit(1);
    });
  const start = Date.now();
  const before = readLoad();
  const measured = [];
  for (const group of chosen) {
    const from = Date.now();
    console.log(`… ${group.id}`);
    measured.push(await measureGroup(group, runs));
    console.log(`✓ ${group.id.padEnd(22)} ${((Date.now() - from) / 1000).toFixed(1)} s`);
  }
  rmSync(workFolder, { recursive: true, force: true });
  return {
    format: 1,
    date: new Date().toISOString().slice(0, 10),
    commit: readCommit(),
    runs,
    minutes: Math.round((Date.now() - start) / 6_000) / 10,
    load: { before, after: readLoad() },
    machine: describeMachine(),
    groups: measured,
  };
}
