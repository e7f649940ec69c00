/**
 * `npm run bench -- --against FOLDER [--rounds N]`: the benchmarks of this build and of the built clone in FOLDER in turn, round after
 * round, one file at a time. Prints the median of each row of both and their ratio, and writes all samples to test/artifacts/bench-against.json.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/**
 * @typedef {{ ours: number[], theirs: number[] }} Samples milliseconds, one of each round
 * @typedef {{ fullName: string, benchmarks: readonly { name: string, median: number }[] }} Group
 */

const sides = /** @type {const} */ (["ours", "theirs"]);

/**
 * @param {{ root: string, against: string, rounds: number, files: readonly string[], benchArgs: (report: string) => readonly string[], env: NodeJS.ProcessEnv }} options
 */
export function benchAgainst({ root, against, rounds, files, benchArgs, env }) {
  const earlier = resolve(against);
  const reports = mkdtempSync(join(tmpdir(), "bench-"));
  /** @type {Map<string, Samples>} */
  const rows = new Map();
  try {
    for (let round = 0; round < rounds; round++)
      for (const file of chosenFiles(join(root, "test", "bench"), files))
        for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
          const report = join(reports, `${side}.json`);
          const cwd = side === "ours" ? root : earlier;
          const vitest = join(cwd, "node_modules", "vitest", "vitest.mjs");
          const { status, stderr } = spawnSync(process.execPath, [vitest, ...benchArgs(report), file], {
            cwd,
            env,
            stdio: ["ignore", "ignore", "pipe"],
            encoding: "utf8",
          });
          if (status !== 0) throw new Error(`The benchmark ${file} failed in ${cwd}.\n${stderr}`);
          for (const [row, median] of readRows(report)) {
            const samples = rows.get(row) ?? { ours: [], theirs: [] };
            samples[side].push(median);
            rows.set(row, samples);
          }
          console.log(`round ${round + 1} of ${rounds}: ${file} in ${cwd}`);
        }
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
  writeFileSync(
    join(root, "test", "artifacts", "bench-against.json"),
    JSON.stringify(Object.fromEntries(rows), null, 2),
  );
  print(rows);
}

/** @param {string} folder @param {readonly string[]} wanted */
function chosenFiles(folder, wanted) {
  const all = readdirSync(folder).filter((name) => name.endsWith(".bench.ts"));
  if (wanted.length > 0) return all.filter((name) => wanted.some((text) => name.includes(text)));
  return all.filter((name) => !/^(page|kernel)/.test(name));
}

/** @param {string} report @returns {readonly (readonly [string, number])[]} */
function readRows(report) {
  const { files } = /** @type {{ files: readonly { groups: readonly Group[] }[] }} */ (
    JSON.parse(readFileSync(report, "utf8"))
  );
  return files.flatMap(({ groups }) =>
    groups.flatMap(({ fullName, benchmarks }) =>
      benchmarks.map(({ name, median }) => /** @type {const} */ ([`${fullName} > ${name}`, median])),
    ),
  );
}

/** @param {ReadonlyMap<string, Samples>} rows */
function print(rows) {
  console.log("ratio · this build · the other (medians, ms)");
  for (const [row, { ours, theirs }] of rows) {
    if (ours.length === 0 || theirs.length === 0) continue;
    const [own, other] = [median(ours), median(theirs)];
    console.log(
      `${(own / other).toFixed(2)} · ${own.toPrecision(4)} · ${other.toPrecision(4)} · ${row.replace(/^test\/bench\//, "")}`,
    );
  }
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
