/**
 * What is shown of one notebook: the kernel's snapshot, and `reduceAll` over the events since, applied once per animation
 * frame. Made by the plugin, one per notebook panel; read by all panels through NotebookModel.
 */
import type { IDisposable } from "@lumino/disposable";
import { BehaviorSubject, skip } from "rxjs";
import type { Observable, Subscription } from "rxjs";
import { emptyView, reduceAll } from "stagebook/protocol";
import type { CellId, Command, CommandType, LogRecord, Result, View } from "stagebook/protocol";
import type { KernelLink, Link } from "../session/kernel-session";
import type { WireUpdate } from "../session/wire";
import type { LiveModel, NotebookState } from "../tokens";
import type { Frame } from "./animation-frame";
import { LogRecords } from "./log-records";
import { REMEMBERED_LINES } from "./memory";
import type { Memory, Remembered } from "./memory";

/** The notebook in the page, as far as the model needs it. */
export interface NotebookPage {
  /** Relative to the server. */
  readonly path: string;
  showCell(cell: CellId): boolean;
  runStale(model: LiveModel, above?: CellId): Promise<boolean>;
  /** The page has set parameters in the kernel. */
  paramsChanged(): void;
}

export interface NotebookStoreOptions {
  readonly page: NotebookPage;
  readonly kernel: KernelLink;
  readonly memory: Memory;
  readonly frame: Frame;
  readonly remembered: Remembered | null;
}

/** Commands that set parameters. */
const setting: ReadonlySet<CommandType> = new Set(["set-params", "reset-params", "restore"]);

export class NotebookStore implements LiveModel, IDisposable {
  readonly state$: Observable<NotebookState>;
  readonly log: LogRecords;
  isDisposed = false;
  private readonly state: BehaviorSubject<NotebookState>;
  private readonly subscriptions: readonly Subscription[];
  private queue: WireUpdate[] = [];
  private link: Link = { connection: "connecting" };
  private selected: string | null;
  private edited: readonly CellId[] = [];
  private cancelFrame: (() => void) | null = null;
  private saveTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: NotebookStoreOptions) {
    const { remembered, kernel } = options;
    this.log = new LogRecords(remembered ?? undefined);
    this.selected = remembered?.selected ?? null;
    this.state = new BehaviorSubject(this.stateOf(remembered?.view ?? emptyView));
    this.state$ = this.state.asObservable();
    this.subscriptions = [
      kernel.link$.subscribe((link) => {
        this.link = link;
        this.applySoon();
      }),
      kernel.updates$.subscribe((update) => {
        this.queue.push(update);
        this.applySoon();
      }),
      this.log.records$.pipe(skip(1)).subscribe((records) => {
        this.saveSoon();
        // Cleared by hand: a page that is left at once must not bring the lines back.
        if (records.length === 0) void this.save();
      }),
    ];
  }

  get path(): string {
    return this.options.page.path;
  }

  getState(): NotebookState {
    return this.state.value;
  }

  select(stage: string | null): void {
    this.selected = stage;
    this.applySoon();
  }

  /** Says which cells were edited after they ran. */
  setEdited(cells: readonly CellId[]): void {
    if (cells.length === this.edited.length && cells.every((cell, index) => cell === this.edited[index])) return;
    this.edited = cells;
    this.applySoon();
  }

  /** The notebook has another path now: whoever shows it is told. */
  renamed(): void {
    this.applySoon();
  }

  showCell(cell: CellId): boolean {
    return this.options.page.showCell(cell);
  }

  async send<T extends CommandType>(command: Extract<Command, { readonly type: T }>): Promise<Result<T>> {
    try {
      const result = await this.options.kernel.send(command);
      if (setting.has(command.type)) this.options.page.paramsChanged();
      return result;
    } finally {
      // The kernel sends what a command caused before its reply: whoever waited for that finds it in the state.
      this.applyNow();
    }
  }

  runStale(above?: CellId): Promise<boolean> {
    return this.options.page.runStale(this, above);
  }

  /** Writes what is to be remembered, now. */
  save(): Promise<void> {
    clearTimeout(this.saveTimer);
    this.saveTimer = undefined;
    const { view, selected } = this.state.value;
    return this.options.memory.save(this.path, {
      view: { ...view, log: [] },
      log: this.log.getRecords().slice(-REMEMBERED_LINES),
      clearedAt: this.log.clearedAt,
      selected,
    });
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.cancelFrame?.();
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    if (this.saveTimer !== undefined) void this.save();
    this.state.complete();
  }

  private applySoon(): void {
    this.cancelFrame ??= this.options.frame(() => {
      this.cancelFrame = null;
      this.apply();
    });
  }

  private applyNow(): void {
    if (!this.cancelFrame || this.isDisposed) return;
    this.cancelFrame();
    this.cancelFrame = null;
    this.apply();
  }

  private apply(): void {
    const updates = this.queue;
    this.queue = [];
    const view = updates.reduce((before, update) => this.updated(before, update), this.state.value.view);
    this.state.next(this.stateOf(view));
    this.saveSoon();
  }

  private updated(view: View, update: WireUpdate): View {
    switch (update.type) {
      case "snapshot":
        this.log.merge(update.view.log);
        return update.view;
      case "events": {
        const lines: LogRecord[] = [];
        for (const event of update.events) if (event.type === "log:written") lines.push(event.record);
        this.log.append(lines);
        return reduceAll(view, update.events);
      }
      case "incompatible":
        return view;
    }
  }

  private stateOf(view: View): NotebookState {
    return {
      view,
      connection: this.link.connection,
      remembered:
        this.link.connection !== "live" && Object.keys(view.stages).length + Object.keys(view.params).length > 0,
      selected: this.selected !== null && this.selected in view.stages ? this.selected : null,
      ...(this.edited.length === 0 ? {} : { edited: this.edited }),
      ...(this.link.problem === undefined ? {} : { problem: this.link.problem }),
    };
  }

  /** At most every two seconds, however much happens. */
  private saveSoon(): void {
    this.saveTimer ??= setTimeout(() => void this.save(), 2000);
  }
}
