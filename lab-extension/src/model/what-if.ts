/**
 * What values that are typed and not yet the kernel's would cost. One per notebook model: the form asks while a value is
 * moved, the graph lights the stages, the form says the price. One question is under way at a time, and the next is
 * always about the latest values, so that a slider is followed as fast as the kernel answers and no faster.
 */
import type { JsonObject, PlanRowView, Result } from "stagebook/protocol";
import type { NotebookModel } from "../tokens";
import { createForecast } from "./forecast";
import type { Forecast } from "./forecast";

type Ask = (values: JsonObject) => Promise<Result<"what-if">>;

export class WhatIf {
  private values: JsonObject | null = null;
  /** Until nothing is asked; absent while nothing is. */
  private asking: Promise<void> | undefined;
  private forecast: Forecast | null = null;
  private readonly listeners = new Set<() => void>();

  /** `foresee` makes of a plan what is shown. */
  constructor(
    private readonly ask: Ask,
    private readonly foresee: (values: JsonObject, rows: readonly PlanRowView[]) => Forecast,
  ) {}

  /** For useSyncExternalStore. */
  readonly subscribe = (changed: () => void): (() => void) => {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  };

  /** For useSyncExternalStore: the same object until something changes; null while nothing is being changed. */
  readonly get = (): Forecast | null => this.forecast;

  /** These values are in the form and not in the kernel; none: nothing is to be shown. */
  consider(values: JsonObject): void {
    const text = JSON.stringify(values);
    if (text === "{}") {
      this.values = null;
      this.show(null);
    } else if (text !== JSON.stringify(this.values)) {
      this.values = values;
      this.asking ??= this.askLatest();
    }
  }

  /** Until the question that somebody waits for is answered: others have time. */
  async answered(): Promise<void> {
    while (this.asking) await this.asking;
  }

  private async askLatest(): Promise<void> {
    let asked: JsonObject | null = null;
    // What was typed while the kernel thought is asked next; what lies between is not asked at all.
    try {
      while (this.values !== null && asked !== this.values) {
        asked = this.values;
        const forecast = await this.answer(asked);
        if (asked === this.values) this.show(forecast);
      }
    } finally {
      // Not a moment later: what is considered from here on begins anew.
      this.asking = undefined;
    }
  }

  /** Null when the kernel refuses the values: it says so when they are applied. */
  private async answer(values: JsonObject): Promise<Forecast | null> {
    try {
      return this.foresee(values, (await this.ask(values)).rows);
    } catch {
      return null;
    }
  }

  private show(forecast: Forecast | null): void {
    if (forecast === this.forecast) return;
    this.forecast = forecast;
    for (const changed of [...this.listeners]) changed();
  }
}

/** Kept while the notebook is open. */
export function whatIfOf(model: NotebookModel): WhatIf {
  const known = byModel.get(model);
  if (known) return known;
  const made = new WhatIf(
    (values) => model.send<"what-if">({ type: "what-if", values }),
    (values, rows) => createForecast(model.getState().view, values, rows),
  );
  byModel.set(model, made);
  return made;
}

const byModel = new WeakMap<NotebookModel, WhatIf>();
