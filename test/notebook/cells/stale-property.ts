/**
 * The law of Run stale: after random edits, changes of parameters and files, and cells that were executed out of order, one press leaves
 * every cell as Restart and Run All would, unless the cell says that it is not up to date.
 */
import fs from "node:fs";
import path from "node:path";
import { StaleNotebook } from "../../rig/kernel/stale-notebook";
import { createRandom } from "../../rig/random";
import { createRandomNotebook } from "./random-notebook";

export interface StaleCounts {
  fresh: number;
  /** Cells that Run stale executed. */
  executed: number;
  failed: number;
  /** Cells that are not executed because something else has failed. */
  blocked: number;
  /** Cells that say why a restart may give something else. */
  admitted: number;
}

/** Tries `count` notebooks, one after the other. Throws with seed and all steps of each that breaks the law. */
export async function checkStaleProperty(count: number, firstSeed: number): Promise<StaleCounts> {
  const counts: StaleCounts = { fresh: 0, executed: 0, failed: 0, blocked: 0, admitted: 0 };
  const notebook = await StaleNotebook.open({});
  const imports = notebook.sources.get("imports") ?? "";
  const faults: string[] = [];
  try {
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      const fault = await findFault(notebook, imports, seed, counts);
      if (fault === undefined) continue;
      // At once: what follows may take an hour, or end in an error of the kernel.
      console.error(fault);
      faults.push(fault);
    }
  } finally {
    await notebook.kernel.stop();
  }
  if (faults.length > 0) throw new Error(`${faults.length} of ${count} notebooks\n${faults.join("\n\n")}`);
  return counts;
}

/** What one notebook shows that it should not, with its seed and all steps. */
async function findFault(
  notebook: StaleNotebook,
  imports: string,
  seed: number,
  counts: StaleCounts,
): Promise<string | undefined> {
  const random = createRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const steps: string[] = [];
  const writeFile = (name: string): void => {
    const text = String(below(1000));
    steps.push(`write ${name}: ${text}`);
    fs.writeFileSync(path.join(notebook.kernel.cwd, name), text);
  };
  writeFile("f0.txt");
  writeFile("f1.txt");
  const { cells, edit } = createRandomNotebook(random, 6 + below(8));
  await notebook.setAll({ imports, ...Object.fromEntries(cells) });
  await notebook.kernel.command({ type: "reset-params" }).catch(() => undefined);
  await notebook.restartAndRunAll();
  const ids = [...cells.keys()];
  const stepKinds = [
    async (id: string): Promise<void> => {
      notebook.edit(id, edit(id, random));
      steps.push(`edit ${id}: ${notebook.sources.get(id)}`);
      if (random() < 0.5) await run(id);
    },
    (id: string): Promise<void> => run(id),
    async (): Promise<void> => {
      const p = below(10);
      steps.push(`p = ${p}`);
      await notebook.setParams({ p });
    },
    (): Promise<void> => {
      writeFile(`f${below(2)}.txt`);
      return Promise.resolve();
    },
    async (): Promise<void> => {
      steps.push("run stale");
      await notebook.runStale();
    },
  ];
  const run = async (id: string): Promise<void> => {
    steps.push(`run ${id}`);
    await notebook.run(id);
  };
  for (let left = 1 + below(6); left > 0; left--)
    await stepKinds[below(stepKinds.length)]?.(ids[below(ids.length)] as string);
  steps.push("run stale");
  const { executed } = await notebook.runStale();
  counts.executed += executed.length;
  const marks = new Map([...notebook.sources.keys()].map((id) => [id, notebook.mark(id)]));
  const outputs = new Map(notebook.outputs);
  const left = await finalValues(notebook);
  await notebook.restartAndRunAll();
  const wantedValues = await finalValues(notebook);
  const problems = [...marks].flatMap(([id, mark]) => {
    const [shown, wanted] = [outputs.get(id), notebook.outputs.get(id)];
    if (mark?.status === "failed" && wanted?.startsWith("failed") === true) return (void counts.failed++, []);
    if (mark?.blocked === true) return (void counts.blocked++, []);
    const text = [...(mark?.reasons ?? []), ...(mark?.caveats ?? [])].join("; ");
    if (/after a restart/.test(text)) return (void counts.admitted++, []);
    if (mark?.status === "fresh" && shown === wanted) return (void counts.fresh++, []);
    return [
      `${id} is ${mark?.status} (${text}): shows ${JSON.stringify(shown)}, Run All shows ${JSON.stringify(wanted)}`,
    ];
  });
  // What a failed cell has not assigned differs by what its variable held before.
  const haveFailed = [...marks.values(), ...ids.map((id) => notebook.mark(id))].some(
    (mark) => mark?.status === "failed" || mark?.blocked === true,
  );
  if (!haveFailed && left !== wantedValues)
    problems.push(`the variables are ${left}, after Run All they are ${wantedValues}`);
  if (problems.length === 0) return undefined;
  const sources = [...cells].map(([id, source]) => `${id}: ${source}`);
  return [`seed ${seed}`, ...problems, "--- cells", ...sources, "--- steps", ...steps].join("\n");
}

/** The variables that the cells assign, as text. */
async function finalValues(notebook: StaleNotebook): Promise<string> {
  const names = [...notebook.sources.values()].flatMap(
    (source) => /(?:^|\} )(?:let|const) ([vndw]\d+) =/.exec(source)?.[1] ?? [],
  );
  const { text } = await notebook.kernel.run(`console.log(JSON.stringify({ ${names.join(", ")} }));`);
  return text;
}
