/** Random pipelines and edits of them, with their expected outputs. For the property test of plans. */
import fc from "fast-check";

/** How one stage gets at another: `lo` as a named output, `mid` by `.select`, `read` by name in its function. */
export type Wiring = "whole" | "lo" | "mid" | "read";

export interface StageSpec {
  readonly name: string;
  /** Added in the function. */
  readonly constant: number;
  /** Added too, and gone in the output: the code of stages with equal ones may be equal. */
  readonly salt: number;
  /** The same sum written in another way: other code, equal values. */
  readonly spelling: 0 | 1;
  /** Whether the constant stands in the code or is captured from a factory. */
  readonly constantIn: "code" | "closure";
  /** The output counts up to this: small ones often come out equal. */
  readonly modulus: number;
  /** `from`: a place in the list of stages, always an earlier one. */
  readonly wires: readonly { readonly from: number; readonly how: Wiring }[];
  readonly params: readonly { readonly param: number; readonly how: "input" | "read" }[];
  readonly cache: boolean;
}

export interface PipelineSpec {
  readonly stages: readonly StageSpec[];
  /** Defaults, by number of the parameter. */
  readonly defaults: readonly number[];
}

/** The output of every stage. */
export interface Output {
  readonly lo: number;
  readonly mid: number;
  readonly all: number;
}

export type Edit = { readonly stage: number } & (
  | { readonly kind: "nothing" | "reset" | "spelling" | "rename" | "delete-and-define" | "clear" }
  | { readonly kind: "set" | "constant"; readonly to: number }
  | { readonly kind: "wires"; readonly wires: StageSpec["wires"] }
);

/** One edit, and what is run afterwards: a stage, or all. */
export interface Step {
  readonly edit: Edit;
  readonly target: number | "all";
}

export const PARAMS = 3;

const MODULI = [2, 3, 97] as const;
/** A multiple of all of them. */
const SALT = 2 * 3 * 97;

const digit = fc.integer({ min: 0, max: 3 });
const anyStage = fc.nat({ max: 9 });
/** `from` is brought into range by `earlierWires`. */
const wires = fc.uniqueArray(
  fc.record({ from: anyStage, how: fc.constantFrom<Wiring>("whole", "whole", "lo", "mid", "read") }),
  { maxLength: 3, selector: ({ from }) => from },
);
const params = fc.uniqueArray(
  fc.record({ param: fc.nat({ max: PARAMS - 1 }), how: fc.constantFrom<"input" | "read">("input", "read") }),
  { maxLength: PARAMS, selector: ({ param }) => param },
);
const rawStage = fc.record({
  constant: digit,
  spelling: fc.constantFrom<0 | 1>(0, 1),
  constantIn: fc.constantFrom<"code" | "closure">("code", "closure"),
  modulus: fc.constantFrom(...MODULI),
  wires,
  params,
  cache: fc.integer({ min: 0, max: 7 }).map((dice) => dice > 0),
  /** Below 2: equal to the stage before it in everything but its name. */
  duplicateOf: fc.integer({ min: 0, max: 9 }),
});

/** 3 to 10 stages; later ones read earlier ones. */
export const pipelineSpec: fc.Arbitrary<PipelineSpec> = fc
  .record({
    raw: fc.array(rawStage, { minLength: 3, maxLength: 10 }),
    defaults: fc.array(digit, { minLength: PARAMS, maxLength: PARAMS }),
  })
  .map(({ raw, defaults }) => {
    const stages: StageSpec[] = [];
    for (const { duplicateOf, ...own } of raw) {
      const name = `s${stages.length}`;
      const before = stages.at(-1);
      if (duplicateOf < 2 && before) stages.push({ ...before, name });
      else stages.push({ ...own, name, salt: stages.length * SALT, wires: earlierWires(own.wires, stages.length) });
    }
    return { stages, defaults };
  });

const edit: fc.Arbitrary<Edit> = fc
  .record({
    stage: anyStage,
    kind: fc.constantFrom<Edit["kind"]>(
      ...(["set", "set", "set", "constant", "constant", "spelling", "spelling", "wires"] as const),
      ...(["reset", "rename", "delete-and-define", "clear", "nothing"] as const),
    ),
    to: digit,
    wires,
  })
  .map(({ stage, kind, to, wires }): Edit => {
    if (kind === "set" || kind === "constant") return { stage, kind, to };
    return kind === "wires" ? { stage, kind, wires } : { stage, kind };
  });

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({ edit, target: fc.oneof(fc.constant("all" as const), anyStage) }),
  { minLength: 2, maxLength: 7 },
);

/** Wires to stages before the one at `place`, at most one to each. */
export function earlierWires(wires: StageSpec["wires"], place: number): StageSpec["wires"] {
  if (place === 0) return [];
  const found = new Map(wires.map(({ from, how }) => [from % place, how]));
  return [...found].map(([from, how]) => ({ from, how }));
}

/** The stage and everything upstream, by index. */
export function withAncestors(stages: readonly StageSpec[], place: number): ReadonlySet<number> {
  const found = new Set([place]);
  for (const at of found) for (const { from } of stages[at]?.wires ?? []) found.add(from);
  return found;
}

/** The expected output of a stage for these parameter values, computed without Stagebook. */
export function expectedOutput(stages: readonly StageSpec[], values: readonly number[], place: number): Output {
  const stage = stages[place];
  if (!stage) throw new RangeError(`there is no stage ${place}`);
  let total = stage.constant;
  for (const { from, how } of stage.wires) {
    const output = expectedOutput(stages, values, from);
    total += 3 * (how === "lo" ? output.lo : how === "mid" ? output.mid : output.all);
  }
  for (const { param } of stage.params) total += 5 * (values[param] ?? 0);
  const all = total % stage.modulus;
  return { lo: all % 2, mid: all % 3, all };
}
