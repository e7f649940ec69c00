/** Every event of a kernel, numbered, in order, to whoever listens; and the view that they make. rxjs begins here. */
import { Observable, Subject } from "rxjs";
import { emptyView, reduceAll, type EventBody, type StagebookEvent, type View } from "../protocol";
import { findActivity, withinActivity } from "../run/state/activity";

const MAX_UNREDUCED = 2000;

export class EventBus {
  private readonly subject = new Subject<StagebookEvent>();
  private readonly waiting: StagebookEvent[] = [];
  private current: View = emptyView;
  /** Told already, and not yet in the view: it is made when somebody looks. */
  private unreduced: StagebookEvent[] = [];
  private seq = 0;
  private reporter = false;

  /** Events from now on; the state before them is `view`. A listener that throws harms neither the others nor the run. */
  readonly events$: Observable<StagebookEvent> = new Observable((subscriber) => {
    // What a listener prints is its own: in the log of the stage that the event tells of it would be an event again, without end.
    const { stage: _, ...own } = findActivity();
    return this.subject.subscribe((event) => {
      // rxjs reports what a listener throws in a task of its own (reportUnhandledError).
      withinActivity(own, () => subscriber.next(event));
    });
  });

  constructor(private readonly now: () => number) {}

  get view(): View {
    if (this.unreduced.length > 0) {
      this.current = reduceAll(this.current, this.unreduced);
      this.unreduced = [];
    }
    return this.current;
  }

  emit(body: EventBody): void {
    const event: StagebookEvent = { ...body, seq: ++this.seq, at: this.now() };
    this.unreduced.push(event);
    if (this.unreduced.length >= MAX_UNREDUCED) this.current = this.view;
    // A listener may itself cause events: they are told after this one, to all in the same order.
    if (this.reporter) {
      this.waiting.push(event);
      return;
    }
    this.reporter = true;
    try {
      for (let next: StagebookEvent | undefined = event; next; next = this.waiting.shift()) this.subject.next(next);
    } finally {
      this.reporter = false;
    }
  }
}
