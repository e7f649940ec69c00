/** Takes the records of runs out of a disk store, and out of the lists of the notebooks' runs. Used by `gc`. */
import { join } from "node:path";
import { inParallel } from "../../turns";
import type { GcOptions } from "../../store";
import type { MaintenancePorts } from "./discard";
import {
  chooseRuns,
  hasRunRule,
  isRunList,
  reportRuns,
  runOfLine,
  sparedRuns,
  type RunRecord,
  type RunReport,
} from "../../maintenance/run-choices";
import type { SurveyedEntry } from "./survey";

const AT_ONCE = 32;
const SUFFIX = ".ndjson";

/** `kept`: the results that stay. */
export async function collectRuns(
  options: GcOptions,
  kept: readonly SurveyedEntry[],
  ports: MaintenancePorts,
): Promise<RunReport> {
  const { files, paths, live, protection } = ports;
  // Runs first: one that ends meanwhile is then in a list, or not among them.
  const names = (await files.list(paths.runs())).filter((name) => name.endsWith(SUFFIX) && !name.startsWith("."));
  const runs = await surveyRuns(names.map((name) => name.slice(0, -SUFFIX.length)).filter((name) => !isRunList(name)), ports); // prettier-ignore
  if (!hasRunRule(options)) return reportRuns(runs, []);
  const listPaths = names.filter(isRunList).map((name) => join(paths.runs(), name));
  const lists = await Promise.all(listPaths.map(async (path) => (await linesIn(path, ports)).flatMap((line) => runOfLine(line) ?? []))); // prettier-ignore
  const spared = sparedRuns(kept, await headRows(ports), await protection.keys());
  const going = chooseRuns({ runs, lists, spared, pids: await live.pids() }, options, ports.now());
  if (options.dryRun === true || going.length === 0) return reportRuns(runs, going);
  await inParallel(going, AT_ONCE, async ({ name }) => {
    options.signal?.throwIfAborted();
    await files.remove(pathOf(name, ports));
  });
  const gone = new Set(going.map(({ name }) => name));
  for (const path of listPaths) await trimList(path, gone, ports);
  return reportRuns(runs, going);
}

async function surveyRuns(names: readonly string[], ports: MaintenancePorts): Promise<readonly RunRecord[]> {
  const found: RunRecord[] = [];
  await inParallel(names, AT_ONCE, async (name) => {
    const stamp = await ports.files.stamp(pathOf(name, ports));
    if (stamp) found.push({ name, sizeBytes: stamp.sizeBytes, writtenAtMs: stamp.mtimeMs });
  });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function headRows({ heads }: MaintenancePorts) {
  return Promise.all((await heads.places()).map((place) => heads.rows(place)));
}

async function trimList(path: string, gone: ReadonlySet<string>, ports: MaintenancePorts): Promise<void> {
  const isGone = (line: string): boolean => gone.has(runOfLine(line) ?? "");
  if (!(await linesIn(path, ports)).some(isGone)) return;
  await ports.files.rewrite(path, (bytes) =>
    linesOf(bytes)
      .filter((line) => !isGone(line))
      .map((line) => `${line}\n`)
      .join(""),
  );
}

async function linesIn(path: string, { files }: MaintenancePorts): Promise<readonly string[]> {
  return linesOf((await files.read(path)) ?? new Uint8Array(0));
}

function linesOf(bytes: Uint8Array): readonly string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  return text.split("\n").filter((line) => line !== "");
}

function pathOf(name: string, { paths }: MaintenancePorts): string {
  return join(paths.runs(), `${name}${SUFFIX}`);
}
