/** Sweeps: every combination of parameter values is an instance of its own, cached, and run in parallel with the others. */
import { StagebookError } from "../protocol";
import type { Values } from "../stage/public/inputs";
import type { SweepRow } from "../stage/public/stages";

export type SweepRows = readonly SweepRow<Record<string, readonly unknown[]>, unknown>[];

/** A larger grid is assumed to be a mistake. */
const MAX_POINTS = 100_000;

/** The stage and parameters of a sweep, for its chart. */
export interface SweepAbout {
  readonly stage: string;
  readonly params: readonly string[];
}

const about = new WeakMap<object, SweepAbout>();

export function sweepOf(rows: unknown): SweepAbout | undefined {
  return typeof rows === "object" && rows !== null ? about.get(rows) : undefined;
}

/** Marks the rows as a sweep. */
export function asSweep(rows: SweepRows, of: SweepAbout): SweepRows {
  about.set(rows, of);
  return rows;
}

/** The last parameter changes fastest. Throws `sweep-grid`. */
export function combinations(grid: unknown, stage: string): readonly Values[] {
  if (typeof grid !== "object" || grid === null || Array.isArray(grid) || Object.keys(grid).length === 0)
    throw bad(stage, "is not an object of lists");
  const axes = Object.entries(grid);
  for (const [name, values] of axes)
    if (!Array.isArray(values) || values.length === 0) throw bad(stage, `has no list of values for ${name}`);
  const count = axes.reduce((product, [, values]) => product * (values as unknown[]).length, 1);
  if (count > MAX_POINTS) throw bad(stage, `has ${count} combinations, more than ${MAX_POINTS}`);
  return axes.reduce<readonly Values[]>(
    (points, [name, values]) =>
      points.flatMap((point) => (values as readonly unknown[]).map((value) => ({ ...point, [name]: value }))),
    [{}],
  );
}

/** The rows would show the values. */
export function secretInSweep(stage: string, param: string): StagebookError {
  return new StagebookError(
    "sweep-grid",
    `the grid of ${stage}.sweep has values of the secret ${param}, which its rows would show`,
    `Leave ${param} out, and write await ${stage}.with({ ${param}: value })() for each value.`,
    { stage },
  );
}

function bad(stage: string, what: string): StagebookError {
  return new StagebookError(
    "sweep-grid",
    `the grid of ${stage}.sweep ${what}`,
    `Write ${stage}.sweep({ limit: [10, 20, 30] }).`,
    { stage },
  );
}
