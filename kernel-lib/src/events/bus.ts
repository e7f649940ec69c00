/** Every event of a kernel, numbered, in order, to whoever listens; and the view that they make. rxjs begins here. */
import { Observable, Subject } from "rxjs";
import { emptyView, reduce, type EventBody, type StagebookEvent, type View } from "../protocol";

export class EventBus {
  private readonly subject = new Subject<StagebookEvent>();
  private readonly waiting: StagebookEvent[] = [];
  private current: View = emptyView;
  private seq = 0;
  private telling = false;

  /** Events from now on; the state before them is `view`. A listener that throws harms neither the others nor the run. */
  readonly events$: Observable<StagebookEvent> = new Observable((subscriber) =>
    this.subject.subscribe((event) => {
      // rxjs reports what a listener throws in a task of its own (reportUnhandledError).
      subscriber.next(event);
    }),
  );

  constructor(private readonly now: () => number) {}

  get view(): View {
    return this.current;
  }

  emit(body: EventBody): void {
    const event: StagebookEvent = { ...body, seq: ++this.seq, at: this.now() };
    this.current = reduce(this.current, event);
    this.waiting.push(event);
    // A listener may itself cause events: they are told after this one, to all in the same order.
    if (this.telling) return;
    this.telling = true;
    try {
      for (let next = this.waiting.shift(); next; next = this.waiting.shift()) this.subject.next(next);
    } finally {
      this.telling = false;
    }
  }
}
