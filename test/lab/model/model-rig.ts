/** A NotebookModel whose kernel, page, memory and animation frames are controlled by the test. */
import { BehaviorSubject, Subject } from "rxjs";
import { emptyView } from "stagebook/protocol";
import type { Command, EventBody, RunCostView, StagebookEvent, View } from "stagebook/protocol";
import type { Remembered } from "../../../lab-extension/src/model/memory/memory";
import { NotebookModel } from "../../../lab-extension/src/model/notebook-model";
import type { NotebookPage } from "../../../lab-extension/src/model/notebook-page";
import type { StaleCellsOutcome } from "../../../lab-extension/src/model/run-stale";
import type { Link } from "../../../lab-extension/src/session/kernel-session";
import type { WireUpdate } from "../../../lab-extension/src/session/wire";
import type { NotebookState } from "../../../lab-extension/src/tokens";
import { FakeKernel } from "../session/kernel-fixture";
import { english } from "../stage/stage-fixture";

/** A notebook without cells. */
export const emptyPage: NotebookPage = {
  path: "a.ipynb",
  order: () => [],
  edited: () => [],
  execute: () => Promise.resolve(true),
  showCell: () => true,
  setStageOption: () => true,
};

export class ModelRig {
  readonly link$ = new BehaviorSubject<Link>({ connection: "connecting" });
  readonly updates$ = new Subject<WireUpdate>();
  readonly saved: Remembered[] = [];
  readonly states: NotebookState[] = [];
  readonly sent: Command[] = [];
  readonly staleRuns: StaleCellsOutcome[] = [];
  /** The limit of machine time, what the user was asked about, and the answer. */
  limitMs: number | undefined;
  readonly asked: RunCostView[] = [];
  confirms = true;
  readonly model: NotebookModel;
  /** The last value of `live$`. */
  live: NotebookState;
  /** How often the model has reported that parameters were set. */
  paramsSet = 0;
  /** What the kernel does on a command; the result is its reply. */
  reply: (command: Command) => unknown = () => null;
  private readonly kernel = new FakeKernel();
  private frames: (() => void)[] = [];

  constructor(remembered: Remembered | null = null) {
    this.model = new NotebookModel({
      page: emptyPage,
      key: "key of a",
      kernel: { link$: this.link$, updates$: this.updates$ },
      memory: { load: () => Promise.resolve(null), save: (_, what) => Promise.resolve(void this.saved.push(what)) },
      frame: (apply) => {
        this.frames.push(apply);
        return () => (this.frames = this.frames.filter((each) => each !== apply));
      },
      remembered,
      reportStaleRun: (outcome) => this.staleRuns.push(outcome),
      runLimit: {
        limitMs: () => this.limitMs,
        confirm: (cost) => {
          this.asked.push(cost);
          return Promise.resolve(this.confirms);
        },
      },
      trans: english,
    });
    this.live = this.model.getState();
    this.model.live$.subscribe((state) => (this.live = state));
    this.model.state$.subscribe((state) => this.states.push(state));
    this.model.paramsSet$.subscribe(() => (this.paramsSet += 1));
  }

  /** Runs the animation frames that were requested. */
  frame(): void {
    const frames = this.frames;
    this.frames = [];
    for (const apply of frames) apply();
  }

  emit(...bodies: readonly EventBody[]): void {
    const events: readonly StagebookEvent[] = this.kernel.makeEvents(...bodies);
    this.updates$.next({ type: "events", events });
  }

  /** Connects a kernel with this state. */
  connect(view: View = emptyView): void {
    this.setLink("live");
    this.updates$.next({ type: "snapshot", view, stagebook: "0.1.0" });
    this.frame();
  }

  setLink(connection: "live" | "lost" | "absent", problem?: string): void {
    if (connection !== "live") this.link$.next({ connection, ...(problem === undefined ? {} : { problem }) });
    else this.link$.next({ connection, wire: { send: async (command) => this.execute(command) as never } });
  }

  private execute(command: Command): unknown {
    this.sent.push(command);
    return this.reply(command);
  }
}
