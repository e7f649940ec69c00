/**
 * A notebook's model that can look at a run that is over. All panels read this one: while it looks at the past, they see
 * the pipeline, the parameters and the log of then, and whatever would change something is refused.
 */
import type { IDisposable } from "@lumino/disposable";
import type { TranslationBundle } from "@jupyterlab/translation";
import { BehaviorSubject, of, switchMap } from "rxjs";
import type { Observable, Subscription } from "rxjs";
import type {
  CellId,
  Command,
  CommandType,
  LogRecord,
  Result,
  RunId,
  RunRowView,
  StagebookEvent,
} from "stagebook/protocol";
import type { OwnedModel } from "./notebook-models";
import type { LiveModel, LogStore, NotebookState } from "../tokens";
import { createPastRun } from "./past-run";
import type { PastRun } from "./past-run";

/** As many events as the kernel gives at once, and the most that are fetched of a run. */
const AT_ONCE = 5000;
const MOST = 20_000;
/** As many runs as are looked through for the one that is asked for. */
const RUNS = 1000;

/** What changes nothing, and may be asked while the past is looked at. */
const reading: ReadonlySet<CommandType> = new Set(["runs", "run-events", "preview", "history"]);

export class PastRunModel implements OwnedModel, IDisposable {
  readonly state$: Observable<NotebookState>;
  readonly log: LogStore;
  private readonly state: BehaviorSubject<NotebookState>;
  private readonly subscription: Subscription;
  private readonly past = new BehaviorSubject<readonly LogRecord[] | null>(null);
  private run: PastRun | null = null;
  private step = 0;
  private selected: string | null = null;
  /** Counts what was chosen: an answer that comes after the next choice is dropped. */
  private choice = 0;

  constructor(
    private readonly live: LiveModel & Pick<OwnedModel, "save" | keyof IDisposable>,
    private readonly trans: TranslationBundle,
  ) {
    this.state = new BehaviorSubject(live.getState());
    this.state$ = this.state.asObservable();
    this.log = createLog(live.log, this.past);
    this.subscription = live.state$.subscribe((state) => {
      if (!this.run) this.state.next(state);
    });
  }

  get path(): string {
    return this.live.path;
  }

  get isDisposed(): boolean {
    return this.live.isDisposed;
  }

  getState(): NotebookState {
    return this.state.value;
  }

  select(stage: string | null): void {
    this.live.select(stage);
    if (!this.run) return;
    this.selected = stage;
    this.show();
  }

  showCell(cell: CellId): boolean {
    return this.live.showCell(cell);
  }

  async send<T extends CommandType>(command: Extract<Command, { readonly type: T }>): Promise<Result<T>> {
    if (this.run && !reading.has(command.type)) throw this.refusal();
    return this.live.send<T>(command);
  }

  async runStale(above?: CellId): Promise<boolean> {
    if (this.run) throw this.refusal();
    return this.live.runStale(above);
  }

  async lookAt(id: RunId): Promise<void> {
    this.choice += 1;
    const { choice } = this;
    const [row, { events, isWhole }] = await Promise.all([this.findRow(id), this.fetch(id)]);
    if (choice !== this.choice || this.isDisposed) return;
    if (!row || events.length === 0) throw new Error(this.trans.__("Nothing is stored of this run."));
    const run = createPastRun(row, events, isWhole);
    // Of an event that this page does not know, it is seen before anything is shown.
    run.viewAt(run.steps - 1);
    this.run = run;
    this.step = run.steps - 1;
    this.selected = this.state.value.selected;
    this.show();
  }

  lookAtStep(step: number): void {
    if (!this.run) return;
    this.step = Math.min(Math.max(0, step), this.run.steps - 1);
    this.show();
  }

  backToNow(): void {
    this.choice += 1;
    if (!this.run) return;
    this.run = null;
    this.past.next(null);
    this.state.next(this.live.getState());
  }

  save(): Promise<void> {
    return this.live.save();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.subscription.unsubscribe();
    this.live.dispose();
    this.state.complete();
    this.past.complete();
  }

  private show(): void {
    const { run, step } = this;
    if (!run) return;
    const view = run.viewAt(step);
    const selected = this.selected !== null && this.selected in view.stages ? this.selected : null;
    const { row, steps, isWhole } = run;
    this.past.next(view.log);
    this.state.next({
      view,
      connection: "past",
      remembered: false,
      selected,
      past: { run: row, step, steps, at: run.timeAt(step), isWhole },
    });
  }

  private async findRow(id: RunId): Promise<RunRowView | undefined> {
    const { rows } = await this.live.send<"runs">({ type: "runs", before: 0, limit: RUNS });
    return rows.find((row) => row.id === id);
  }

  private async fetch(run: RunId): Promise<{ readonly events: readonly StagebookEvent[]; readonly isWhole: boolean }> {
    const events: StagebookEvent[] = [];
    for (;;) {
      const part = await this.live.send<"run-events">({ type: "run-events", run, from: events.length, limit: AT_ONCE });
      events.push(...part.events);
      const isWhole = events.length >= part.total;
      if (isWhole || part.events.length === 0 || events.length >= MOST) return { events, isWhole };
    }
  }

  private refusal(): Error {
    return new Error(this.trans.__("You look at a run that is over: go back to now to change something."));
  }
}

/** The lines of then while there are any, else those of now. */
function createLog(live: LogStore, past: BehaviorSubject<readonly LogRecord[] | null>): LogStore {
  return {
    records$: past.pipe(switchMap((records) => (records ? of(records) : live.records$))),
    getRecords: () => past.value ?? live.getRecords(),
    addEarlier: (records) => (past.value ? 0 : live.addEarlier(records)),
    clear: () => {
      if (!past.value) live.clear();
    },
  };
}
