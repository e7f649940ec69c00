/** The event bus of a kernel: numbers events, delivers them in order, and reduces them to the view. rxjs begins here. */
// The package as a whole is ten times as many files.
import { Observable } from "rxjs/internal/Observable";
import { Subject } from "rxjs/internal/Subject";
import { unobserved } from "../observe";
import { boundEvent, emptyView, reduceAll, type EventBody, type StagebookEvent, type View } from "../protocol";
import { findActivity, withinActivity } from "../run/state/activity";

/** The view is brought up to date after this many events even if it is not read. */
const MAX_UNREDUCED = 2000;

/** An event with all of its text, and as it is shown. */
interface Delivered {
  readonly whole: StagebookEvent;
  readonly event: StagebookEvent;
}

export class EventBus {
  private readonly subject = new Subject<Delivered>();
  /** Emitted by a listener while another event is being delivered. */
  private readonly waiting: Delivered[] = [];
  private current: View = emptyView;
  /** Delivered and not yet in the view, which is computed when it is read. */
  private unreduced: StagebookEvent[] = [];
  private seq = 0;
  private isDelivering = false;

  /** Events from now on, with texts of bounded length; the state before them is `view`. A listener that throws affects neither the others nor the run. */
  readonly events$: Observable<StagebookEvent> = this.listen(({ event }) => event);

  /** The same events with all of their text, for the record of the run. */
  readonly wholeEvents$: Observable<StagebookEvent> = this.listen(({ whole }) => whole);

  /** `mask`: takes the values of secrets out of an event. */
  constructor(
    private readonly now: () => number,
    private readonly mask: (event: EventBody) => EventBody = (event) => event,
  ) {}

  /** The state after all events so far. */
  get view(): View {
    if (this.unreduced.length > 0) {
      this.current = reduceAll(this.current, this.unreduced);
      this.unreduced = [];
    }
    return this.current;
  }

  /** Numbers the event and delivers it synchronously. */
  emit(body: EventBody): void {
    // What listeners do is not part of the execution that emits.
    unobserved(() => this.deliver(body));
  }

  private listen(select: (delivered: Delivered) => StagebookEvent): Observable<StagebookEvent> {
    return new Observable((subscriber) => {
      // What a listener prints must not enter the log of the stage that emitted the event: it would be an event again, without end.
      const { stage: _, ...own } = findActivity();
      return this.subject.subscribe((delivered) => {
        // rxjs rethrows what a listener throws in a separate task (reportUnhandledError).
        withinActivity(own, () => subscriber.next(select(delivered)));
      });
    });
  }

  private deliver(body: EventBody): void {
    const whole: StagebookEvent = { ...this.mask(body), seq: ++this.seq, at: this.now() };
    const event = boundEvent(whole);
    this.unreduced.push(event);
    if (this.unreduced.length >= MAX_UNREDUCED) this.current = this.view;
    // A listener may emit events itself: they are delivered after this one, to all in the same order.
    if (this.isDelivering) {
      this.waiting.push({ whole, event });
      return;
    }
    this.isDelivering = true;
    try {
      for (let next: Delivered | undefined = { whole, event }; next; next = this.waiting.shift())
        this.subject.next(next);
    } finally {
      this.isDelivering = false;
    }
  }
}
