/**
 * The search for the values of a parameter under which every stage is cached: they are marked on its slider and in its
 * choices. It runs while the user is at the control. Owned by NotebookModel.
 */
import type { Json, JsonObject, ParamView, Result, View } from "stagebook/protocol";
import { Subscribable } from "../subscribable";
import { createForecast } from "./forecast";
import { choices, numberRange } from "./param-schema";

/** By parameter name, in no particular order. */
export type CachedValues = { readonly [name: string]: readonly Json[] };

export interface CachedValueQueries {
  readonly view: () => View;
  readonly whatIf: (values: JsonObject) => Promise<Result<"what-if">>;
  readonly history: (stage: string) => Promise<Result<"history">>;
  /** Resolves when the kernel has no more urgent query: the forecast for the value being changed goes first. */
  readonly whenIdle: () => Promise<void>;
}

/** The most values to check: each one costs a plan. */
const MAX_VALUES = 16;
/** The most stages whose history is read for candidates. */
const MAX_STAGES = 4;

export class CachedValueSearch extends Subscribable<CachedValues> {
  private searchCount = 0;
  /** The stages and the parameter of the last search. */
  private searched: { readonly stages: View["stages"]; readonly name: string } | null = null;
  /** The parameter whose control the user is at. */
  private activeParam: string | null = null;

  constructor(private readonly queries: CachedValueQueries) {
    super({});
  }

  /** True while no stage has changed since the search: after that the values may be wrong. */
  isCurrent(stages: View["stages"]): boolean {
    return this.searched?.stages === stages;
  }

  /** Searches the values of the control the user is at, now and after each change, until `deactivate`. */
  async activate(name: string): Promise<void> {
    this.activeParam = name;
    await this.search(name);
  }

  deactivate(name: string): void {
    if (this.activeParam === name) this.activeParam = null;
  }

  /** To be called when stages or runs have changed. */
  async update(): Promise<void> {
    if (this.activeParam !== null) await this.search(this.activeParam);
  }

  /** Searches again for one parameter, unless nothing has changed. A later call supersedes this one. Never rejects. */
  private async search(name: string): Promise<void> {
    const { stages, params, runs } = this.queries.view();
    const param = params[name];
    // The results of the run do not exist yet, and the kernel is busy.
    if (runs.some(({ status }) => status === "running")) return;
    if (!param || (this.searched?.stages === stages && this.searched.name === name)) return;
    // The values of other parameters stay right as long as no stage has changed.
    if (!this.isCurrent(stages) && Object.keys(this.get()).length > 0) this.publish({});
    this.searched = { stages, name };
    const search = ++this.searchCount;
    const cached: Json[] = [];
    try {
      for (const value of await this.candidates(param)) {
        await this.queries.whenIdle();
        if (search !== this.searchCount) return;
        const values = { [name]: value };
        const { rows } = await this.queries.whatIf(values);
        const forecast = createForecast(this.queries.view(), values, rows);
        if (forecast.stages.size === 0 && forecast.dependents > 0) cached.push(value);
      }
    } catch {
      // The kernel is gone, or a stage was removed meanwhile. The marks are only a help: then there are none.
      this.searched = null;
      return;
    }
    if (search === this.searchCount) this.put(name, cached);
  }

  private async candidates(param: ParamView): Promise<readonly Json[]> {
    if (param.kind === "choice") return choices(param).slice(0, MAX_VALUES);
    const { min, max } = numberRange(param);
    if ((param.kind !== "number" && param.kind !== "integer") || min === undefined || max === undefined) return [];
    const used: number[] = [];
    for (const stage of this.readers(param.name)) {
      await this.queries.whenIdle();
      const { rows } = await this.queries.history(stage);
      for (const row of rows) if (row.params[param.name] !== undefined) used.push(Number(row.params[param.name]));
    }
    return [...new Set(used)].filter((value) => value >= min && value <= max).slice(0, MAX_VALUES);
  }

  private readers(param: string): readonly string[] {
    return Object.values(this.queries.view().stages)
      .filter(({ inputs }) => inputs.some((input) => input.kind === "param" && input.name === param))
      .map(({ name }) => name)
      .slice(0, MAX_STAGES);
  }

  private put(name: string, values: readonly Json[]): void {
    const before = this.get();
    if (JSON.stringify(values) !== JSON.stringify(before[name] ?? [])) this.publish({ ...before, [name]: values });
  }
}
