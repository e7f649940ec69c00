/**
 * Which values of a parameter cost nothing, since all that they need is stored: marked on its slider and in its choices.
 * Looked for when somebody turns to the control. One per notebook model; used by ParamsForm.
 */
import type { Json, JsonObject, ParamView, Result, View } from "stagebook/protocol";
import { createForecast } from "./forecast";
import { whatIfOf } from "./what-if";
import type { NotebookModel } from "../tokens";
import { choices, numberRange } from "../params/form-schema";

/** By name of the parameter, in no order. */
export type CachedValues = { readonly [name: string]: readonly Json[] };

export interface CachedValueQueries {
  readonly view: () => View;
  readonly whatIf: (values: JsonObject) => Promise<Result<"what-if">>;
  readonly history: (stage: string) => Promise<Result<"history">>;
  /** Until nobody waits for an answer of the kernel: a value that is being moved goes first. */
  readonly untilIdle: () => Promise<void>;
}

/** More are not looked at: each one is a plan. */
const MOST_VALUES = 16;

export class CachedValueSearch {
  private found: CachedValues = {};
  private latest = 0;
  private looked: { readonly stages: View["stages"]; readonly name: string } | null = null;
  /** The parameter whose control somebody is at. */
  private attended: string | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly ask: CachedValueQueries) {}

  /** For useSyncExternalStore. */
  readonly subscribe = (changed: () => void): (() => void) => {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  };

  /** For useSyncExternalStore: the same object until something changes. */
  readonly get = (): CachedValues => this.found;

  /** True while no stage has changed since they were looked for: afterwards they may be wrong. */
  isCurrent(stages: View["stages"]): boolean {
    return this.looked?.stages === stages;
  }

  /** Somebody is at the control: its values are looked for, and again with each change, until they leave it. */
  async attend(name: string): Promise<void> {
    this.attended = name;
    await this.look(name);
  }

  leave(name: string): void {
    if (this.attended === name) this.attended = null;
  }

  /** To be called when stages or runs have changed. */
  async update(): Promise<void> {
    if (this.attended !== null) await this.look(this.attended);
  }

  /** Looks anew for one parameter, unless nothing has changed since. A later call ends this one. Never rejects. */
  private async look(name: string): Promise<void> {
    const { stages, params, runs } = this.ask.view();
    const param = params[name];
    // What a run makes is not there yet, and the kernel has better to do.
    if (runs.some(({ status }) => status === "running")) return;
    if (!param || (this.looked?.stages === stages && this.looked.name === name)) return;
    // Marks of other parameters are right as long as no stage has changed.
    if (this.looked?.stages !== stages) this.found = {};
    this.looked = { stages, name };
    const turn = ++this.latest;
    const free: Json[] = [];
    try {
      for (const value of await this.candidates(param)) {
        await this.ask.untilIdle();
        if (turn !== this.latest) return;
        const values = { [name]: value };
        const { rows } = await this.ask.whatIf(values);
        const forecast = createForecast(this.ask.view(), values, rows);
        if (forecast.stages.size === 0 && forecast.dependents > 0) free.push(value);
      }
    } catch {
      // The kernel went away, or is asked of a stage that is gone: marks are a help, and there are none then.
      this.looked = null;
      return;
    }
    if (turn === this.latest) this.put(name, free);
  }

  private async candidates(param: ParamView): Promise<readonly Json[]> {
    if (param.kind === "choice") return choices(param).slice(0, MOST_VALUES);
    const { min, max } = numberRange(param);
    if ((param.kind !== "number" && param.kind !== "integer") || min === undefined || max === undefined) return [];
    const used: number[] = [];
    for (const stage of this.readers(param.name)) {
      await this.ask.untilIdle();
      const { rows } = await this.ask.history(stage);
      for (const row of rows) if (row.params[param.name] !== undefined) used.push(Number(row.params[param.name]));
    }
    return [...new Set(used)].filter((value) => value >= min && value <= max).slice(0, MOST_VALUES);
  }

  private readers(param: string): readonly string[] {
    return Object.values(this.ask.view().stages)
      .filter(({ inputs }) => inputs.some((input) => input.kind === "param" && input.name === param))
      .map(({ name }) => name)
      .slice(0, 4);
  }

  private put(name: string, free: readonly Json[]): void {
    if (JSON.stringify(free) === JSON.stringify(this.found[name] ?? [])) return;
    this.found = { ...this.found, [name]: free };
    for (const changed of [...this.listeners]) changed();
  }
}

/** Kept while the notebook is open. */
export function cachedValuesOf(model: NotebookModel): CachedValueSearch {
  const known = byModel.get(model);
  if (known) return known;
  const made = new CachedValueSearch({
    view: () => model.getState().view,
    whatIf: (values) => model.send<"what-if">({ type: "what-if", values }),
    history: (stage) => model.send<"history">({ type: "history", stage }),
    untilIdle: () => whatIfOf(model).answered(),
  });
  byModel.set(model, made);
  return made;
}

const byModel = new WeakMap<NotebookModel, CachedValueSearch>();
