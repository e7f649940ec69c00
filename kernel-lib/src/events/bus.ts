/** The event bus of a kernel: numbers events, delivers them in order, and reduces them to the view. rxjs begins here. */
import type { Observable } from "rxjs";
import type * as observablePackage from "rxjs/internal/Observable";
import { lazyModule } from "../async/lazy-module";
import { unobserved } from "../observe";
import { boundEvent, emptyView, reduceAll, type EventBody, type StagebookEvent, type View } from "../protocol";
import { findActivity, withinActivity } from "../run/state/activity";

/** The view is brought up to date after this many events even if it is not read. */
const MAX_UNREDUCED = 2000;

/** Only the user's own listeners need rxjs. The package as a whole is ten times as many files. */
const loadObservable = lazyModule<typeof observablePackage>("rxjs/internal/Observable");

/** Events from now on. A listener that throws affects neither the others nor the run: its error is thrown in a task of its own. */
export interface EventFeed {
  subscribe(listener: (event: StagebookEvent) => void): EventSubscription;
}

export interface EventSubscription {
  unsubscribe(): void;
}

/** An event with all of its text, and as it is shown. */
interface Delivered {
  readonly whole: StagebookEvent;
  readonly event: StagebookEvent;
}

export class EventBus {
  private readonly listeners = new Set<(batch: readonly Delivered[]) => void>();
  /** Emitted by a listener while other events are being delivered. */
  private readonly waiting: (readonly Delivered[])[] = [];
  private current: View = emptyView;
  /** Delivered and not yet in the view, which is computed when it is read. */
  private unreduced: StagebookEvent[] = [];
  private seq = 0;
  private isDelivering = false;

  private observable: Observable<StagebookEvent> | undefined;

  /** Events with texts of bounded length; the state before them is `view`. */
  readonly events: EventFeed = this.feed(({ event }) => event);

  /** The same events with all of their text, for the record of the run. */
  readonly wholeEvents: EventFeed = this.feed(({ whole }) => whole);

  /** `mask`: takes the values of secrets out of an event. */
  constructor(
    private readonly now: () => number,
    private readonly mask: (event: EventBody) => EventBody = (event) => event,
  ) {}

  /** `events` for the user, who may apply the operators of rxjs. */
  get events$(): Observable<StagebookEvent> {
    return (this.observable ??= new (loadObservable().Observable)((subscriber) =>
      this.events.subscribe((event) => subscriber.next(event)),
    ));
  }

  /** The state after all events so far. */
  get view(): View {
    if (this.unreduced.length > 0) {
      this.current = reduceAll(this.current, this.unreduced);
      this.unreduced = [];
    }
    return this.current;
  }

  /** The state as it is now, computed when it is read: most runs of fresh stages are never recorded. */
  keepView(): () => View {
    const { current, unreduced } = this;
    const { length } = unreduced;
    let kept: View | undefined;
    return () => (kept ??= reduceAll(current, unreduced.slice(0, length)));
  }

  /** Numbers the event and delivers it synchronously. */
  emit(body: EventBody): void {
    this.emitAll([body]);
  }

  /** Several events in order. Each listener receives all of them before the next listener does. */
  emitAll(bodies: readonly EventBody[]): void {
    // What listeners do is not part of the execution that emits.
    if (bodies.length > 0) unobserved(() => this.deliver(bodies.map((body) => this.number(body))));
  }

  private feed(select: (delivered: Delivered) => StagebookEvent): EventFeed {
    return {
      subscribe: (listener) => {
        // What a listener prints must not enter the log of the stage that emitted the event: it would be an event again, without end.
        const { stage: _, ...own } = findActivity();
        const deliver = (batch: readonly Delivered[]): void =>
          withinActivity(own, () => {
            for (const delivered of batch) if (this.listeners.has(deliver)) guarded(listener, select(delivered));
          });
        this.listeners.add(deliver);
        return { unsubscribe: () => void this.listeners.delete(deliver) };
      },
    };
  }

  private number(body: EventBody): Delivered {
    const whole: StagebookEvent = { ...this.mask(body), seq: ++this.seq, at: this.now() };
    const event = boundEvent(whole);
    this.unreduced.push(event);
    if (this.unreduced.length >= MAX_UNREDUCED) this.current = this.view;
    return { whole, event };
  }

  private deliver(batch: readonly Delivered[]): void {
    // A listener may emit events itself: they are delivered after these, to all in the same order.
    if (this.isDelivering) {
      this.waiting.push(batch);
      return;
    }
    this.isDelivering = true;
    try {
      // A listener may add and remove listeners.
      for (let next: readonly Delivered[] | undefined = batch; next; next = this.waiting.shift())
        for (const deliver of [...this.listeners]) deliver(next);
    } finally {
      this.isDelivering = false;
    }
  }
}

function guarded(listener: (event: StagebookEvent) => void, event: StagebookEvent): void {
  try {
    listener(event);
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}
