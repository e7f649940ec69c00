/** The page of the figures, `kernel-lib/docs/reference/performance.md`, from the JSON beside it. */
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { root } from "../lib/project.mjs";

export const reference = join(root, "kernel-lib", "docs", "reference");
export const jsonFile = join(reference, "performance.json");
export const pageFile = join(reference, "performance.md");

/**
 * @typedef {object} Measurement
 * @property {1} format
 * @property {string} date
 * @property {string} commit
 * @property {number} runs
 * @property {number} minutes
 * @property {{ before: number, after: number }} load processes that ran or waited beside the bench
 * @property {import("./machine.mjs").Machine} machine
 * @property {readonly import("./measure.mjs").MeasuredGroup[]} groups
 */

/** @param {Measurement} measurement */
export async function formatJson(measurement) {
  const options = await resolveConfig(jsonFile);
  return format(JSON.stringify(measurement), { ...options, parser: "json" });
}

/**
 * The page as Markdown.
 * @param {Measurement} measurement
 */
export async function createPage(measurement) {
  const { machine, load } = measurement;
  const peers = Object.entries(machine.peers).map(([name, version]) => `${name} ${version}`);
  const text = [
    "# Performance beside other tools",
    "Generated from `performance.json` by `npm run bench:peers`, which measures all of it. Edit neither.",
    "The same work in Stagebook and in what one would use instead. Each contender is a process of its own; they take turns (A B C A B C …); the figures are medians, with the least and the greatest in brackets. **×** is the time of a contender divided by that of Stagebook in the first line of its table (for rates: Stagebook's rate divided by the contender's): above 1, Stagebook is faster. Every contender has its default settings, unless its line says otherwise. _Durable_: flushed to the disk before it is reported as stored, so that it survives a power cut. A contender that failed is listed with the reason.",
    "## The machine",
    [
      `- ${machine.cores} cores (${machine.processor}), ${machine.memoryGb} GB of memory`,
      `- ${machine.system}; stores on ${machine.fileSystem}`,
      `- Node.js ${machine.node}, Python ${machine.python}`,
      `- ${peers.join(", ")}; python-pyper 0.1.2 where it says so`,
      `- ${measurement.date}, commit ${measurement.commit}, ${measurement.runs} ${measurement.runs === 1 ? "run" : "runs"}, ${measurement.minutes} minutes`,
      `- load before and after: ${load.before} and ${load.after} processes`,
    ].join("\n"),
    ...(load.before > machine.cores / 2 ? ["**The machine was busy with other work, so the figures are rough.**"] : []),
    ...measurement.groups.flatMap(({ title, work, rows }) => [
      `## ${title}`,
      work,
      ...rows.flatMap((row) => [...(rows.length > 1 ? [`### ${row.title}`] : []), tableOf(row)]),
    ]),
  ].join("\n\n");
  return format(text, { ...(await resolveConfig(pageFile)), parser: "markdown" });
}

/** @param {import("./measure.mjs").MeasuredRow} row */
function tableOf({ unit, results }) {
  const [first] = results;
  const own = first && "values" in first ? median(first.values) : undefined;
  const lines = results.map((result) => {
    if ("failed" in result) return [result.name, "", `failed: ${escape(result.failed)}`, result.does];
    const { name, values, does } = result;
    const middle = median(values);
    const ratio = own === undefined ? NaN : unit === "/s" ? own / middle : middle / own;
    const range = values.length > 1 ? ` [${numberText(Math.min(...values))}–${numberText(Math.max(...values))}]` : "";
    return [name, Number.isFinite(ratio) ? `${numberText(ratio)}` : "", `${numberText(middle)}${range}`, does];
  });
  return [["", "×", unit, "what it does"], ["---", "--:", "--:", "---"], ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** @param {string} text */
const escape = (text) => text.replaceAll(/[|\\`*_<>[\]]/g, (character) => `\\${character}`);

/** @param {readonly number[]} values @returns {number} */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [below, at] = [sorted[middle - 1] ?? NaN, sorted[middle] ?? NaN];
  return sorted.length % 2 === 0 ? (below + at) / 2 : at;
}

/** Three significant digits, with separators of thousands. @param {number} value */
function numberText(value) {
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 1000 ? rounded.toLocaleString("en-US") : String(rounded);
}
