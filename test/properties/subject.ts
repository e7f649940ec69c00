/** A random pipeline as a real one: each stage in a cell of its own, with functions that differ in code or in captured values. */
import type { Input, Param, Stage, StageContext, StagebookEvent } from "stagebook";
import { createPipelineWithInternals } from "../../kernel-lib/src/pipeline";
import type { CellId } from "../../kernel-lib/src/protocol";
import { withinActivity } from "../../kernel-lib/src/run/state/activity";
import { createMemoryStore } from "../../kernel-lib/src/store/memory/memory-store";
import type { Store } from "../../kernel-lib/src/store/store";
import { lookAtPlan, type Look } from "./refined-plans";
import type { Output, PipelineSpec, StageSpec, Wiring } from "./random-pipeline";

type Given = Readonly<Record<string, Output | number>>;
type Body = (inputs: Given, context: StageContext) => Promise<Output>;
/** What a function takes from outside its own code. */
interface Reach {
  readonly stages: readonly Stage<Output>[];
  readonly params: readonly Param<number>[];
}

/** The pipeline under test, driven as a notebook's cells drive it. */
export class Subject {
  readonly events: StagebookEvent[] = [];
  /** The plans just before the executions of the last run. */
  looks: Look[] = [];
  private readonly made;
  private readonly stages: Stage<Output>[] = [];
  private readonly params: Param<number>[];

  constructor(
    spec: PipelineSpec,
    readonly store: "memory" | "none",
  ) {
    this.made = createPipelineWithInternals({ store: store === "none" ? store : this.lookingStore() }, () => undefined);
    this.made.pipeline.events$.subscribe((event) => this.events.push(event));
    this.params = spec.defaults.map((value, number) => this.made.pipeline.param(`p${number}`, value));
    spec.stages.forEach((stage, place) => this.define(stage, place));
  }

  get pipeline(): (typeof this.made)["pipeline"] {
    return this.made.pipeline;
  }

  /** As a cell does when it is executed, for the first time or again. */
  define(spec: StageSpec, place: number): void {
    const inputs: Record<string, Input<Output | number>> = {};
    spec.wires.forEach(({ from, how }, at) => {
      if (how !== "read") inputs[`wire${at}`] = this.inputFrom(from, how);
    });
    for (const { param, how } of spec.params) if (how === "input") inputs[`param${param}`] = this.param(param);
    const reach: Reach = {
      stages: spec.wires.filter(({ how }) => how === "read").map(({ from }) => this.stage(from)),
      params: spec.params.filter(({ how }) => how === "read").map(({ param }) => this.param(param)),
    };
    const body = makeBody(spec, reach);
    this.stages[place] = withinActivity({ cell: cellOf(spec.name), source: "cell" }, () =>
      this.pipeline.stage(spec.name, inputs, body, { cache: spec.cache }),
    );
  }

  /** As the notebook does when the cell is deleted. */
  remove(name: string): void {
    const { engine, bus } = this.made.internals;
    for (const gone of engine.registry.stages.removeCell(cellOf(name)))
      bus.emit({ type: "stage:removed", stage: gone.name });
    engine.changed("code");
  }

  stage(place: number): Stage<Output> {
    const stage = this.stages[place];
    if (!stage) throw new RangeError(`there is no stage ${place}`);
    return stage;
  }

  param(number: number): Param<number> {
    const param = this.params[number];
    if (!param) throw new RangeError(`there is no parameter ${number}`);
    return param;
  }

  /** The present output: by name from the store, as the sidebar does it, or through the plan where none is stored. */
  async output(place: number, spec: StageSpec | undefined): Promise<Output> {
    return spec?.cache ? this.pipeline.load<Output>(spec.name) : this.stage(place).load();
  }

  /** What happened while `act` was at work. */
  async during<T>(act: () => Promise<T>): Promise<{ readonly value: T; readonly events: readonly StagebookEvent[] }> {
    const from = this.events.length;
    const value = await act();
    return { value, events: this.events.slice(from) };
  }

  /** Resolves when no plan is in progress. */
  async settle(): Promise<void> {
    await this.made.internals.engine.planned();
  }

  /** A stage requests its claim just before its execution. */
  private lookingStore(): object {
    const store = createMemoryStore();
    const claim: Store["claim"] = async (key, who) => {
      this.looks.push(await lookAtPlan(who.stage, this.events, () => this.settle()));
      return store.claim(key, who);
    };
    return new Proxy(store, {
      get: (target, name) => {
        if (name === "claim") return claim;
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
  }

  private inputFrom(from: number, how: Exclude<Wiring, "read">): Input<Output | number> {
    const stage = this.stage(from);
    if (how === "lo") return stage.output("lo");
    return how === "mid" ? stage.select((output) => output.mid) : stage;
  }
}

const cellOf = (name: string): CellId => `cell of ${name}` as CellId;

function totalOf(inputs: Given): number {
  let total = 0;
  for (const [name, input] of Object.entries(inputs)) {
    const value = typeof input === "number" ? input : input.all;
    total += name.startsWith("param") ? 5 * value : 3 * value;
  }
  return total;
}

const outputOf = (total: number, modulus: number): Output => {
  const all = total % modulus;
  return { lo: all % 2, mid: all % 3, all };
};

const factories = {
  /** These functions differ only in captured values and helpers. */
  closure: [
    (constant: number, modulus: number, [first, second, third]: Reach["stages"], params: Reach["params"]): Body =>
      async (inputs) => {
        let total = constant + totalOf(inputs);
        for (const param of params) total += 5 * param.value;
        if (first) total += 3 * (await first()).all;
        if (second) total += 3 * (await second()).all;
        if (third) total += 3 * (await third()).all;
        return outputOf(total, modulus);
      },
    (constant: number, modulus: number, stages: Reach["stages"], params: Reach["params"]): Body =>
      async (inputs) => {
        const read = await Promise.all(stages.map((stage) => stage()));
        const sum = 3 * read.reduce((total, { all }) => total + all, 0);
        return outputOf(
          params.reduce((total, param) => total + 5 * param.value, sum) + totalOf(inputs) + constant,
          modulus,
        );
      },
  ],
  /** Their code is made of text, with the constants in it. */
  code: [
    (constant: number, modulus: number): string =>
      `async (inputs) => {
        let total = ${constant} + totalOf(inputs);
        for (const param of params) total += 5 * param.value;
        for (const stage of stages) total += 3 * (await stage()).all;
        return outputOf(total, ${modulus});
      }`,
    (constant: number, modulus: number): string =>
      `async function (inputs, { signal }) {
        signal.throwIfAborted();
        let total = totalOf(inputs);
        for (const stage of stages) total += (await stage()).all * 3;
        for (const param of params) total += param.value * 5;
        return outputOf(total + ${constant}, ${modulus});
      }`,
  ],
} as const;

function makeBody(
  { constant: shown, salt, modulus, spelling, constantIn }: StageSpec,
  { stages, params }: Reach,
): Body {
  const constant = shown + salt;
  if (constantIn === "closure") return factories.closure[spelling](constant, modulus, stages, params);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- code that no other stage has
  const make = new Function(
    ...["totalOf", "outputOf", "stages", "params"],
    `return ${factories.code[spelling](constant, modulus)}`,
  ) as (...reached: unknown[]) => Body;
  return make(totalOf, outputOf, stages, params);
}
