/**
 * The forecast for the values in the form that the kernel does not have yet: the graph highlights the stages, the form
 * shows the cost. Owned by NotebookModel. One query is in flight at a time, and the next one is always for the latest
 * values, so that a slider is followed as fast as the kernel answers and no faster.
 */
import type { JsonObject, PlanRowView, Result } from "stagebook/protocol";
import { Subscribable } from "../subscribable";
import type { Forecast } from "./forecast";

type QueryPlan = (values: JsonObject) => Promise<Result<"what-if">>;

/** Null while no value is being changed. */
export class ForecastSource extends Subscribable<Forecast | null> {
  private values: JsonObject | null = null;
  /** Settles with the last query in flight; absent while there is none. */
  private querying: Promise<void> | undefined;

  /** `createForecast` turns a plan for `values` into what is shown. */
  constructor(
    private readonly queryPlan: QueryPlan,
    private readonly createForecast: (values: JsonObject, rows: readonly PlanRowView[]) => Forecast,
  ) {
    super(null);
  }

  /** Requests the forecast for `values`, the values in the form that the kernel does not have. Empty: there is none. */
  request(values: JsonObject): void {
    const text = JSON.stringify(values);
    if (text === "{}") {
      this.values = null;
      this.publish(null);
    } else if (text !== JSON.stringify(this.values)) {
      this.values = values;
      this.querying ??= this.queryLatest();
    }
  }

  /** Resolves when no query is in flight, for queries that are less urgent. */
  async whenIdle(): Promise<void> {
    while (this.querying) await this.querying;
  }

  private async queryLatest(): Promise<void> {
    let queried: JsonObject | null = null;
    // Values typed while the kernel was planning are queried next; the ones in between are skipped.
    try {
      while (this.values !== null && queried !== this.values) {
        queried = this.values;
        const forecast = await this.query(queried);
        if (queried === this.values) this.publish(forecast);
      }
    } finally {
      // In the same turn as the last check: a later request has to start a new loop.
      this.querying = undefined;
    }
  }

  /** Null when the kernel rejects the values: it gives the reason when they are applied. */
  private async query(values: JsonObject): Promise<Forecast | null> {
    try {
      return this.createForecast(values, (await this.queryPlan(values)).rows);
    } catch {
      return null;
    }
  }
}
