/**
 * All state of one open notebook. It shows the current state or a past run: in a past run the panels see the pipeline, the
 * parameters and the log of that time, and commands that change something are refused. Created by NotebookModels, one per
 * notebook panel, and disposed with it.
 */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { IDisposable } from "@lumino/disposable";
import { BehaviorSubject, skip, Subject } from "rxjs";
import type { Observable, Subscription } from "rxjs";
import type { CellId, Command, CommandType, LogRecord, Result, RunId, View } from "stagebook/protocol";
import type { KernelLink } from "../session/kernel-session";
import { CommandError } from "../session/wire";
import type * as tokens from "../tokens";
import type { Frame } from "./animation-frame";
import { CollapsedGroups } from "./collapsed-groups";
import { LiveState } from "./live-state";
import { createDisplayedLog, LogRecords } from "./log/log-records";
import { REMEMBERED_LINES } from "./memory/memory";
import type { Memory, Remembered } from "./memory/memory";
import type { NotebookPage } from "./notebook-page";
import { CachedValueSearch } from "./params/cached-values";
import { createForecast } from "./params/forecast";
import { FoldedGroups } from "./params/folded-groups";
import { ForecastSource } from "./params/forecast-source";
import { ParamDrafts } from "./params/param-drafts";
import { loadPastRun } from "./past-run";
import type { PastRun } from "./past-run";
import { sendWithinLimit } from "./run-limit";
import type { RunLimitPort } from "./run-limit";
import { StaleRuns } from "./run-stale";
import type { StaleCellsOutcome } from "./run-stale";
import { UnreadLines } from "./log/unread-lines";

export interface NotebookModelOptions {
  readonly page: NotebookPage;
  /** See KnownNotebooks. */
  readonly key: string;
  readonly kernel: KernelLink;
  readonly memory: Memory;
  readonly frame: Frame;
  readonly remembered: Remembered | null;
  /** Shows the user how a run of stale stages and cells ended. */
  readonly reportStaleRun: (outcome: StaleCellsOutcome, view: View) => void;
  readonly runLimit: RunLimitPort;
  readonly trans: TranslationBundle;
}

/** The past run that is shown. */
interface PastMode {
  readonly run: PastRun;
  readonly step: number;
  readonly selected: string | null;
}

/** The commands that change nothing: allowed while a past run is shown. */
const readOnly: ReadonlySet<CommandType> = new Set([
  "runs",
  "run-events",
  "preview",
  "history",
  "table",
  "table-summary",
  "table-save",
  "whole",
]);
/** The commands that set parameters. */
const paramCommands: ReadonlySet<CommandType> = new Set(["set-params", "reset-params", "restore"]);

/** At most one save in this time. */
const SAVE_INTERVAL_MS = 2000;

export class NotebookModel implements tokens.NotebookModel, IDisposable {
  readonly state$: Observable<tokens.NotebookState>;
  readonly live$: Observable<tokens.NotebookState>;
  /** Emits after each command with which this page has set parameters. */
  readonly paramsSet$: Observable<void>;
  readonly log: tokens.LogStore;
  readonly drafts: ParamDrafts;
  readonly foldedParams: FoldedGroups;
  readonly forecast: ForecastSource;
  readonly cachedValues: CachedValueSearch;
  readonly groups = new CollapsedGroups();
  readonly unread: UnreadLines;
  /** For auto-run, which is not affected by a past run on display. */
  readonly staleRuns: StaleRuns;
  isDisposed = false;
  private mode: "live" | PastMode = "live";
  private readonly live: LiveState;
  private readonly liveLog: LogRecords;
  private readonly displayed: BehaviorSubject<tokens.NotebookState>;
  /** Null while the live log is shown. */
  private readonly pastLog = new BehaviorSubject<readonly LogRecord[] | null>(null);
  private readonly paramsSet = new Subject<void>();
  private readonly subscriptions: readonly Subscription[];
  /** Counts the changes of the mode: a run that is loaded after the next change is dropped. */
  private modeChanges = 0;
  private cells: readonly CellId[] = [];
  /** What was sent to this kernel, as text. */
  private sentCells = "";
  private saveTimer: ReturnType<typeof setTimeout> | undefined;
  private savedSelection: string | null;

  constructor(private readonly options: NotebookModelOptions) {
    const { kernel, frame, remembered } = options;
    this.savedSelection = remembered?.selected ?? null;
    this.liveLog = new LogRecords(remembered ?? undefined);
    this.unread = new UnreadLines(remembered?.readAt ?? remembered?.log.at(-1)?.at ?? 0);
    this.unread.update(this.liveLog.getRecords());
    this.live = new LiveState({ kernel, frame, remembered, log: this.liveLog });
    this.displayed = new BehaviorSubject(this.live.getState());
    this.state$ = this.displayed.asObservable();
    this.live$ = this.live.state$;
    this.paramsSet$ = this.paramsSet.asObservable();
    this.log = createDisplayedLog(this.liveLog, this.pastLog);
    this.forecast = this.createForecastSource();
    this.cachedValues = this.createCachedValueSearch();
    this.foldedParams = new FoldedGroups(options.key, () => window.localStorage);
    this.drafts = new ParamDrafts((name, value) => this.send({ type: "set-params", values: { [name]: value } }));
    this.drafts.subscribe(() => this.forecast.request(this.drafts.pending()));
    this.staleRuns = this.createStaleRuns();
    this.subscriptions = this.followLive();
  }

  get key(): string {
    return this.options.key;
  }

  get path(): string {
    return this.options.page.path;
  }

  getState(): tokens.NotebookState {
    return this.displayed.value;
  }

  select(stage: string | null): void {
    this.live.select(stage);
    if (this.mode === "live") return;
    this.mode = { ...this.mode, selected: stage };
    this.displayPast(this.mode);
  }

  /** Reports which cells were edited after they ran: the kernel cannot know. */
  setEdited(cells: readonly CellId[]): void {
    this.live.setEdited(cells);
  }

  /** Reports the notebook's code cells in document order: the kernel removes what deleted cells have defined. */
  setCells(cells: readonly CellId[]): void {
    this.cells = cells;
    this.sendCells();
  }

  /** Makes the kernel check external files again: the page has the focus. */
  checkFiles(): void {
    if (this.live.link.connection === "live")
      void this.request<"check-files">({ type: "check-files" }).catch(logFailure);
  }

  /** To be called when the notebook has a new path: the readers of the model are notified. */
  renamed(): void {
    this.live.scheduleApply();
  }

  setStageOption(cell: CellId, stage: string, code: string): boolean {
    return this.options.page.setStageOption(cell, stage, code);
  }

  showCell(cell: CellId): boolean {
    return this.options.page.showCell(cell);
  }

  async send<T extends CommandType>(command: Extract<Command, { readonly type: T }>): Promise<Result<T>> {
    if (this.mode !== "live" && !readOnly.has(command.type)) throw this.readOnlyError();
    if (!isRun(command)) return this.request<T>(command);
    this.drafts.applyDue();
    const run = sendWithinLimit<"run">(this.options.runLimit, command, (limited) => this.request<"run">(limited));
    return run as Promise<Result<T>>;
  }

  async runStale(above?: CellId): Promise<boolean> {
    if (this.mode !== "live") throw this.readOnlyError();
    this.drafts.applyDue();
    return this.staleRuns.run(above);
  }

  async showRun(id: RunId): Promise<void> {
    this.modeChanges += 1;
    const { modeChanges } = this;
    const run = await loadPastRun((command) => this.send(command), id);
    if (modeChanges !== this.modeChanges || this.isDisposed) return;
    if (!run) throw new Error(this.options.trans.__("No events are stored for this run."));
    const step = run.steps - 1;
    // Throws for an event that this page does not know, before anything is shown.
    run.viewAt(step);
    this.mode = { run, step, selected: this.displayed.value.selected };
    this.displayPast(this.mode);
  }

  showStep(step: number): void {
    if (this.mode === "live") return;
    this.mode = { ...this.mode, step: Math.min(Math.max(0, step), this.mode.run.steps - 1) };
    this.displayPast(this.mode);
  }

  showCurrent(): void {
    this.modeChanges += 1;
    if (this.mode === "live") return;
    this.mode = "live";
    this.pastLog.next(null);
    this.displayed.next(this.live.getState());
  }

  /** Writes what the page remembers of the notebook. Never rejects. */
  save(): Promise<void> {
    clearTimeout(this.saveTimer);
    this.saveTimer = undefined;
    const { view, selected } = this.live.getState();
    this.savedSelection = selected;
    return this.options.memory.save(this.key, {
      view: { ...view, log: [] },
      log: this.liveLog.getRecords().slice(-REMEMBERED_LINES),
      clearedAt: this.liveLog.clearedAt,
      readAt: this.unread.readAt,
      selected,
      uid: this.live.uid,
    });
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.drafts.dispose();
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    if (this.saveTimer !== undefined) void this.save();
    this.live.dispose();
    this.displayed.complete();
    this.pastLog.complete();
    this.paramsSet.complete();
  }

  /** Sends a command whatever is shown. Rejects with a CommandError. */
  private async request<T extends CommandType>(command: Extract<Command, { readonly type: T }>): Promise<Result<T>> {
    const { link } = this.live;
    try {
      if (link.connection !== "live") throw this.notConnectedError(link.problem);
      const result = await link.wire.send<T>(command);
      if (paramCommands.has(command.type)) this.paramsSet.next();
      return result;
    } finally {
      // The kernel sends the effects of a command before its reply: the state has them when the promise settles.
      this.live.applyNow();
    }
  }

  /** To the kernel, unless it knows. */
  private sendCells(): void {
    if (this.live.link.connection !== "live") {
      this.sentCells = "";
      return;
    }
    const text = this.cells.join();
    if (text === "" || text === this.sentCells) return;
    this.sentCells = text;
    void this.request<"cells">({ type: "cells", cells: this.cells }).catch(logFailure);
  }

  private displayPast({ run, step, selected }: PastMode): void {
    const view = run.viewAt(step);
    const { row, steps, isWhole } = run;
    this.pastLog.next(view.log);
    this.displayed.next({
      view,
      connection: "past",
      remembered: false,
      selected: selected !== null && selected in view.stages ? selected : null,
      past: { run: row, step, steps, at: run.timeAt(step), isWhole },
    });
  }

  private followLive(): readonly Subscription[] {
    return [
      this.live.state$.pipe(skip(1)).subscribe((state) => {
        if (this.mode === "live") this.displayed.next(state);
        this.sendCells();
        // A selection is an act of the user: a reload right after it must find it. The rest is saved now and then.
        if (state.selected === this.savedSelection) this.scheduleSave();
        else void this.save();
      }),
      this.liveLog.records$.pipe(skip(1)).subscribe((records) => {
        this.unread.update(records);
        this.scheduleSave();
        // The user has cleared the log: even if the page is closed now, the lines must not come back.
        if (records.length === 0) void this.save();
      }),
    ];
  }

  private scheduleSave(): void {
    this.saveTimer ??= setTimeout(() => void this.save(), SAVE_INTERVAL_MS);
  }

  private createForecastSource(): ForecastSource {
    return new ForecastSource(
      (values) => this.send<"what-if">({ type: "what-if", values }),
      (values, rows) => createForecast(this.getState().view, values, rows),
    );
  }

  private createCachedValueSearch(): CachedValueSearch {
    return new CachedValueSearch({
      view: () => this.getState().view,
      whatIf: (values) => this.send<"what-if">({ type: "what-if", values }),
      history: (stage) => this.send<"history">({ type: "history", stage }),
      whenIdle: () => this.forecast.whenIdle(),
    });
  }

  private createStaleRuns(): StaleRuns {
    const { page, reportStaleRun, runLimit } = this.options;
    const request = (command: Extract<Command, { readonly type: "run-stale" }>): Promise<Result<"run-stale">> =>
      this.request<"run-stale">(command);
    return new StaleRuns({
      page,
      // Also while a past run is shown: the loop has begun before.
      runStages: (executed, cells) =>
        sendWithinLimit<"run-stale">(
          runLimit,
          { type: "run-stale", executed, ...(cells === undefined ? {} : { cells }) },
          request,
        ),
      hasRun: (cell) => cell in this.live.getState().view.cells,
      failureOf: (stage) => this.live.getState().view.stages[stage]?.error?.message,
      report: (outcome) => reportStaleRun(outcome, this.live.getState().view),
    });
  }

  private readOnlyError(): Error {
    return new Error(this.options.trans.__("You are viewing a past run. Return to the current state to make changes."));
  }

  private notConnectedError(problem: string | undefined): CommandError {
    const { trans } = this.options;
    const message = problem ?? trans.__("Stagebook is not loaded in the kernel. Run the cell that imports it first.");
    return new CommandError({ code: "not-connected", message });
  }
}

function isRun(command: Command): command is Extract<Command, { readonly type: "run" }> {
  return command.type === "run";
}

/** For what the page sends by itself: the connection was lost meanwhile, which the page shows. */
function logFailure(cause: unknown): void {
  console.debug("stagebook: not sent", cause);
}
