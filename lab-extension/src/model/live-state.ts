/**
 * The current state of one notebook: the kernel's snapshot, and `reduceAll` over the events since, applied once per animation
 * frame. Owned by NotebookModel.
 */
import type { IDisposable } from "@lumino/disposable";
import { BehaviorSubject } from "rxjs";
import type { Observable, Subscription } from "rxjs";
import { emptyView, reduceAll } from "stagebook/protocol";
import type { CellId, KernelNotebook, LogRecord, View } from "stagebook/protocol";
import type { KernelLink, Link } from "../session/kernel-session";
import type { WireUpdate } from "../session/wire";
import type { NotebookState } from "../tokens";
import type { Frame } from "./animation-frame";
import { idleView } from "./idle-view";
import type { LogRecords } from "./log/log-records";
import type { Remembered } from "./memory/memory";

export interface LiveStateOptions {
  readonly kernel: KernelLink;
  readonly frame: Frame;
  /** Shown until the kernel has sent its own state. */
  readonly remembered: Remembered | null;
  /** Gets the log lines of snapshots and events. */
  readonly log: LogRecords;
}

export class LiveState implements IDisposable {
  /** Replays the current state. */
  readonly state$: Observable<NotebookState>;
  isDisposed = false;
  private readonly state: BehaviorSubject<NotebookState>;
  private readonly subscriptions: readonly Subscription[];
  private currentLink: Link = { connection: "connecting" };
  private queue: WireUpdate[] = [];
  private selected: string | null;
  private edited: readonly CellId[] = [];
  private knownUid: string | null;
  private cancelFrame: (() => void) | null = null;

  constructor(private readonly options: LiveStateOptions) {
    const { remembered, kernel } = options;
    this.selected = remembered?.selected ?? null;
    this.knownUid = remembered?.uid ?? null;
    this.state = new BehaviorSubject(this.stateOf(remembered?.view ?? emptyView));
    this.state$ = this.state.asObservable();
    this.subscriptions = [
      kernel.link$.subscribe((link) => {
        this.currentLink = link;
        this.scheduleApply();
      }),
      kernel.updates$.subscribe((update) => {
        this.queue.push(update);
        this.scheduleApply();
      }),
    ];
  }

  /** The kernel's id of the notebook; null while it has none. */
  get uid(): string | null {
    return this.knownUid;
  }

  get link(): Link {
    return this.currentLink;
  }

  getState(): NotebookState {
    return this.state.value;
  }

  select(stage: string | null): void {
    this.selected = stage;
    this.scheduleApply();
  }

  setEdited(cells: readonly CellId[]): void {
    if (cells.length === this.edited.length && cells.every((cell, index) => cell === this.edited[index])) return;
    this.edited = cells;
    this.scheduleApply();
  }

  /** Applies what is queued at the next frame, and emits a new state even if nothing is queued. */
  scheduleApply(): void {
    this.cancelFrame ??= this.options.frame(() => {
      this.cancelFrame = null;
      this.apply();
    });
  }

  /** Does not wait for the frame. Does nothing when nothing is scheduled. */
  applyNow(): void {
    if (!this.cancelFrame || this.isDisposed) return;
    this.cancelFrame();
    this.cancelFrame = null;
    this.apply();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.cancelFrame?.();
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    this.state.complete();
  }

  private apply(): void {
    const updates = this.queue;
    this.queue = [];
    const view = updates.reduce((before, update) => this.applyUpdate(before, update), this.state.value.view);
    this.state.next(this.stateOf(view));
  }

  private applyUpdate(view: View, update: WireUpdate): View {
    switch (update.type) {
      case "snapshot":
        this.meet(update.notebook);
        this.options.log.merge(update.view.log);
        return update.view;
      case "events": {
        const lines: LogRecord[] = [];
        for (const event of update.events) if (event.type === "log:written") lines.push(event.record);
        this.options.log.append(lines);
        return reduceAll(view, update.events);
      }
      case "incompatible":
        return view;
    }
  }

  /** What the page remembers of another notebook, such as one of the same path on another machine, is kept apart. */
  private meet(notebook: KernelNotebook | undefined): void {
    if (!notebook || notebook.uid === this.knownUid) return;
    if (this.knownUid !== null) this.options.log.reset();
    this.knownUid = notebook.uid;
  }

  private stateOf(latest: View): NotebookState {
    const { connection, problem } = this.currentLink;
    // The kernel was restarted, or is another one.
    const view = connection === "absent" ? idleView(latest) : latest;
    return {
      view,
      connection,
      remembered: connection !== "live" && Object.keys(view.stages).length + Object.keys(view.params).length > 0,
      selected: this.selected !== null && this.selected in view.stages ? this.selected : null,
      ...(this.edited.length === 0 ? {} : { edited: this.edited }),
      ...(problem === undefined ? {} : { problem }),
    };
  }
}
