/** Pipelines of any size for the benchmarks: each stage has 3 inputs and one outer value, as a notebook's cells compile. */
import { createRequire } from "node:module";
import type * as Stagebook from "stagebook";

// The built package: what users run.
const { createPipeline } = createRequire(import.meta.url)("stagebook") as typeof Stagebook;

export interface BigPipeline {
  readonly p: Stagebook.ScriptPipeline;
  readonly setLimit: (value: number) => void;
}

/** A chain of stages that each read the three before and a variable of the notebook; every tenth reads a parameter. */
export function pipelineOf(count: number): BigPipeline {
  const variables: Record<string, unknown> = { __esModule: true };
  const p = createPipeline({ store: "memory" });
  const limit = p.param("limit", 1);
  const stages: unknown[] = [];
  for (let at = 0; at < count; at++) {
    variables[`value${at}`] = at;
    const before = stages.slice(Math.max(0, at - 3));
    const inputs = Object.fromEntries(before.map((stage, index) => [`before${index}`, stage]));
    // A compiled cell reads variables of other cells from `exports`.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- each stage needs code of its own
    const make = new Function("exports", `return (inputs) => exports.value${at} + 1;`) as (
      exports: object,
    ) => () => number;
    stages.push(p.stage(`stage${at}`, at % 10 === 5 ? { ...inputs, limit } : inputs, make(variables)));
  }
  return { p, setLimit: (value) => limit.set(value) };
}
