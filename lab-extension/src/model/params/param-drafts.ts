/**
 * The values in the form that the kernel does not have yet. A draft is shown until the kernel has accepted it, so an
 * incoming view never changes what the user is typing. Owned by NotebookModel, so that nothing typed is lost when the user
 * switches between notebooks.
 */
import { messageOf } from "stagebook/protocol";
import type { Json, JsonObject, ParamView } from "stagebook/protocol";
import { Subscribable } from "../subscribable";

/** The value of a control: a date is `2026-01-31` or `2026-01-31T12:30:00`, other structures are their JSON text. */
export type FormValue = Json | undefined;

export interface Draft {
  readonly value: FormValue;
  /** `rejected`: by the kernel, for the reason in `message`. `accepted`: the view does not show it yet. */
  readonly phase: "typing" | "invalid" | "sending" | "accepted" | "rejected";
  readonly message?: string;
  /** The parameter as it was when the value was typed. */
  readonly base: ParamView;
  /** Returns the value to send; null while it is not valid. */
  readonly json: (() => Json) | null;
}

/** By parameter name, the most recently typed one last. */
export type Drafts = { readonly [name: string]: Draft };

/** From the last keystroke until a value is applied. Short: the marks follow the typing; auto-run has a delay of its own. */
export const DEBOUNCE_MS = 50;

/** Sets a parameter in the kernel. Rejects with an Error whose message can be shown to the user. */
type ApplyValue = (name: string, value: Json) => Promise<unknown>;

export class ParamDrafts extends Subscribable<Drafts> {
  private isPaused = false;
  private readonly dragged = new Set<string>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(private readonly applyValue: ApplyValue) {
    super({});
  }

  /** Records what the user typed. `json` returns the value to send; null while it is not valid, and then nothing is sent. */
  type(param: ParamView, value: FormValue, json: (() => Json) | null): void {
    this.cancelTimer(param.name);
    this.put(param.name, { value, phase: json ? "typing" : "invalid", base: param, json });
    if (json && !this.isPaused && !this.dragged.has(param.name))
      this.timers.set(
        param.name,
        setTimeout(() => void this.apply(param.name), DEBOUNCE_MS),
      );
  }

  /** While paused, typed values wait for `flush`. Resuming applies the waiting ones. */
  setPaused(isPaused: boolean): void {
    if (isPaused === this.isPaused) return;
    this.isPaused = isPaused;
    if (isPaused) for (const name of [...this.timers.keys()]) this.cancelTimer(name);
    else this.flush();
  }

  /** While a slider is dragged, its value is not applied: the forecast shows what it would run. */
  startDrag(name: string): void {
    this.dragged.add(name);
    this.cancelTimer(name);
  }

  /** The value at which the slider is released is applied immediately. */
  endDrag(name: string): void {
    this.dragged.delete(name);
    if (!this.isPaused && this.get()[name]?.phase === "typing") void this.apply(name);
  }

  /** The valid values in the form that the kernel may not have yet. */
  pending(): JsonObject {
    return Object.fromEntries(
      Object.entries(this.get()).flatMap(([name, { json, phase }]) =>
        json && phase !== "rejected" ? [[name, json()] as const] : [],
      ),
    );
  }

  /** Applies the values that wait for the debounce, and retries rejected ones: the kernel may have been busy. */
  flush(): void {
    for (const [name, { phase }] of Object.entries(this.get()))
      if (phase === "typing" || phase === "rejected") void this.apply(name);
  }

  /** Drops the draft of one parameter, or all drafts. */
  drop(name?: string): void {
    for (const each of name === undefined ? Object.keys(this.get()) : [name]) {
      this.cancelTimer(each);
      this.put(each, null);
    }
  }

  /** Drops the drafts that the view shows by now, or whose parameter no longer exists. */
  settle(params: { readonly [name: string]: ParamView }): void {
    for (const [name, draft] of Object.entries(this.get())) {
      const param = params[name];
      if (!param || (draft.phase === "accepted" && param !== draft.base)) this.drop(name);
    }
  }

  /** Applies what still waits for the debounce, now: before a run, which must see it. */
  applyDue(): void {
    for (const name of [...this.timers.keys()]) void this.apply(name);
  }

  /** A second view of the notebook may keep its kernel connected. */
  dispose(): void {
    this.applyDue();
  }

  private async apply(name: string): Promise<void> {
    this.cancelTimer(name);
    const { message: _, ...draft } = this.get()[name] ?? { json: null };
    if (!draft.json) return;
    const sending: Draft = { ...draft, phase: "sending" };
    this.put(name, sending);
    let after: Draft;
    try {
      await this.applyValue(name, draft.json());
      after = { ...draft, phase: "accepted" };
      // The kernel emits no event when it had this value already.
      setTimeout(() => {
        if (this.get()[name] === after) this.drop(name);
      }, SETTLE_MS);
    } catch (cause) {
      after = { ...draft, phase: "rejected", message: messageOf(cause) };
    }
    // Unless the user has typed again in the meantime.
    if (this.get()[name] === sending) this.put(name, after);
  }

  private cancelTimer(name: string): void {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
  }

  private put(name: string, draft: Draft | null): void {
    const { [name]: before, ...rest } = this.get();
    if (!before && !draft) return;
    this.publish(draft ? { ...rest, [name]: draft } : rest);
  }
}

/** The events of a change arrive within a frame or two of its reply. */
const SETTLE_MS = 1000;
