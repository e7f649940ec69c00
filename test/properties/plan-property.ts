/** The property of plans, checked over a pipeline and edits of it. Used by the test with few runs and by the heavy one with many. */
import fc from "fast-check";
import type { Plan, StagebookEvent } from "stagebook";
import { expect } from "vitest";
import {
  earlierWires,
  expectedOutput,
  PARAMS,
  pipelineSpec,
  steps,
  withAncestors,
  type Edit,
  type PipelineSpec,
  type StageSpec,
  type Step,
} from "./random-pipeline";
import { checkLooks } from "./refined-plans";
import { Subject } from "./subject";

/** How many edits were checked, and what the plans said of the stages. */
export interface LawFigures {
  readonly edits: number;
  readonly executed: number;
  readonly fresh: number;
  readonly run: number;
  readonly maybe: number;
  /** `maybe` that did not run. */
  readonly unchanged: number;
  /** Refined plans that were checked, each just before a call of a stage's function. */
  readonly looks: number;
}

/** Prints the seed; STAGEBOOK_SEED repeats a run. Throws for the smallest case that breaks the property. */
export async function checkPlanProperty(pipelines: number): Promise<LawFigures> {
  const seed = Number(process.env.STAGEBOOK_SEED ?? Date.now() % 2 ** 31);
  console.info(`plan property: STAGEBOOK_SEED=${seed}`);
  const figures = { edits: 0, executed: 0, fresh: 0, run: 0, maybe: 0, unchanged: 0, looks: 0 };
  await fc.assert(
    fc.asyncProperty(pipelineSpec, steps, async (spec, taken) => checkOne(spec, taken, figures)),
    { numRuns: pipelines, seed, timeout: 120_000 },
  );
  console.info("plan property:", JSON.stringify(figures));
  return figures;
}

async function checkOne(
  spec: PipelineSpec,
  taken: readonly Step[],
  figures: { -readonly [K in keyof LawFigures]: number },
): Promise<void> {
  const subjects = [new Subject(spec, "memory"), new Subject(spec, "none")] as const;
  const [subject, reference] = subjects;
  const state = { stages: [...spec.stages], values: [...spec.defaults], defaults: spec.defaults };
  const first: Step = { edit: { kind: "nothing", stage: 0 }, target: "all" };
  for (const { edit, target: asked } of [first, ...taken]) {
    await apply(edit, state, subjects);
    const target = asked === "all" ? undefined : asked % state.stages.length;
    const { stages, values } = state;
    const reached = target === undefined ? new Set(stages.keys()) : withAncestors(stages, target);
    const planned = await subject.during(() =>
      target === undefined ? subject.pipeline.plan() : subject.stage(target).plan(),
    );
    expect(namesOf(planned.events, "stage:running"), "a plan executes no stage").toEqual([]);
    const run = (): Promise<unknown> => (target === undefined ? subject.pipeline.run() : subject.stage(target)());
    subject.looks = [];
    const ran = await subject.during(run);
    checkLooks(subject.looks, ran.events, stages, reached);
    figures.looks += subject.looks.length;
    const executed = namesOf(ran.events, "stage:running");
    checkLaw(planned.value, ran.events, stages, reached);
    const uncached = [...(target === undefined ? reached : [target])].filter((place) => stages[place]?.cache === false);
    const again = await subject.during(run);
    const names = uncached.map((place) => stages[place]?.name);
    expect(
      namesOf(again.events, "stage:running").filter((name) => !names.includes(name)),
      "a second run executes no stage",
    ).toEqual([]);
    await checkOutputs(subject, reference, target, reached, stages, values);
    figures.edits++;
    figures.executed += executed.length;
    for (const { action, stage } of planned.value.rows)
      if (action === "fresh" || action === "run" || action === "maybe") {
        figures[action]++;
        if (action === "maybe" && !executed.includes(stage)) figures.unchanged++;
      }
  }
  for (const each of subjects) await each.settle();
}

async function apply(
  edit: Edit,
  state: { readonly stages: StageSpec[]; readonly values: number[]; readonly defaults: readonly number[] },
  subjects: readonly Subject[],
): Promise<void> {
  const { stages, values } = state;
  const place = edit.stage % stages.length;
  const param = edit.stage % PARAMS;
  const stage = stages[place];
  if (!stage) throw new RangeError(`there is no stage ${place}`);
  const redefine = (changed: Partial<StageSpec>): void => {
    const next = { ...stage, ...changed };
    stages[place] = next;
    for (const subject of subjects) subject.define(next, place);
  };
  switch (edit.kind) {
    case "nothing":
      return;
    case "set":
      values[param] = edit.to;
      for (const subject of subjects) subject.param(param).set(edit.to);
      return;
    case "reset":
      values[param] = state.defaults[param] ?? 0;
      for (const subject of subjects) subject.param(param).reset();
      return;
    case "constant":
      redefine({ constant: edit.to });
      return;
    case "spelling":
      redefine({ spelling: stage.spelling === 0 ? 1 : 0 });
      return;
    case "wires":
      redefine({ wires: earlierWires(edit.wires, place) });
      return;
    case "rename":
      for (const subject of subjects) subject.remove(stage.name);
      redefine({ name: `${stage.name}r` });
      // What read it under its old name is rewritten.
      stages.forEach((each, at) => {
        if (each.wires.some(({ from }) => from === place)) for (const subject of subjects) subject.define(each, at);
      });
      return;
    case "delete-and-define":
      for (const subject of subjects) {
        subject.remove(stage.name);
        const { rows } = await subject.pipeline.plan();
        expect(rows.map((row) => row.stage)).not.toContain(stage.name);
      }
      redefine({});
      return;
    case "clear":
      await Promise.all(subjects.map((subject) => subject.pipeline.clear(stage.name)));
  }
}

function checkLaw(
  { rows }: Plan,
  events: readonly StagebookEvent[],
  stages: readonly StageSpec[],
  reached: ReadonlySet<number>,
): void {
  const executed = namesOf(events, "stage:running");
  const plannedAs = (...actions: readonly string[]): readonly string[] =>
    rows.filter((row) => actions.includes(row.action)).map((row) => row.stage);
  expect(rows.map((row) => row.stage).sort(), "a plan names each stage once").toEqual(
    [...reached].map((at) => stages[at]?.name).sort(),
  );
  expect(new Set(executed).size, "no stage is executed twice").toBe(executed.length);
  expect(executed, "what is planned to run runs").toEqual(expect.arrayContaining([...plannedAs("run")]));
  expect(plannedAs("run", "maybe"), "what runs was planned").toEqual(expect.arrayContaining([...executed]));
  const quiet = [...namesOf(events, "stage:unchanged"), ...namesOf(events, "stage:shared")];
  const stirring = plannedAs("run", "maybe");
  for (const { stage, waitsFor = [] } of rows.filter((row) => row.action === "maybe")) {
    if (!executed.includes(stage)) expect(quiet, "a maybe that did not run says so").toContain(stage);
    const parts = partsRead(stages, stage);
    expect(waitsFor, "a maybe waits for something").not.toHaveLength(0);
    for (const name of waitsFor)
      if (!parts.includes(name)) expect(stirring, "what a maybe waits for is stale").toContain(name);
  }
  for (const stage of executed) {
    const ends = events.filter(
      (event) => /^stage:(succeeded|failed|cancelled)$/.test(event.type) && "stage" in event && event.stage === stage,
    );
    expect(
      ends.map((event) => event.type),
      "each execution ends once",
    ).toEqual(["stage:succeeded"]);
  }
}

/** Stages that this one reads in part: a part of a current output may still have to be taken, and is not a row of its own. */
function partsRead(stages: readonly StageSpec[], name: string): readonly (string | undefined)[] {
  const wires = stages.find((stage) => stage.name === name)?.wires ?? [];
  return wires.filter(({ how }) => how === "lo" || how === "mid").map(({ from }) => stages[from]?.name);
}

async function checkOutputs(
  subject: Subject,
  reference: Subject,
  target: number | undefined,
  reached: ReadonlySet<number>,
  stages: readonly StageSpec[],
  values: readonly number[],
): Promise<void> {
  for (const place of reached)
    expect(await subject.output(place, stages[place]), stages[place]?.name).toEqual(
      expectedOutput(stages, values, place),
    );
  const last = target ?? stages.length - 1;
  expect(await reference.stage(last)()).toEqual(await subject.stage(last).load());
}

function namesOf(events: readonly StagebookEvent[], type: string): readonly string[] {
  return events.flatMap((event) =>
    event.type === type && "stage" in event && typeof event.stage === "string" ? [event.stage] : [],
  );
}
