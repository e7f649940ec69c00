/**
 * What was typed into the form and is not the kernel's value yet. A draft is shown until the kernel has taken it, so an
 * incoming view never changes what somebody is typing. One per notebook model; used by ParamsForm.
 */
import type { Json, JsonObject, ParamView } from "stagebook/protocol";
import { whatIfOf } from "./what-if";
import type { NotebookModel } from "../tokens";
import type { FormValue } from "../params/form-schema";

export interface Draft {
  readonly value: FormValue;
  /** `rejected`: by the kernel, for the reason in `message`. `accepted`: the view does not show it yet. */
  readonly phase: "typing" | "invalid" | "sending" | "accepted" | "rejected";
  readonly message?: string;
  /** The parameter as it was when the value was typed. */
  readonly base: ParamView;
  /** Gives the value to send; null while it is not valid. */
  readonly wire: (() => Json) | null;
}

export type Drafts = { readonly [name: string]: Draft };

/** After the last keystroke, before a value is sent. */
export const DEBOUNCE_MS = 250;

type Sender = (name: string, value: Json) => Promise<unknown>;

export class ParamDrafts {
  private drafts: Drafts = {};
  private isHeld = false;
  private readonly gripped = new Set<string>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly listeners = new Set<() => void>();

  constructor(private readonly sendValue: Sender) {}

  /** For useSyncExternalStore. */
  readonly subscribe = (changed: () => void): (() => void) => {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  };

  /** For useSyncExternalStore: the same object until something changes. */
  readonly get = (): Drafts => this.drafts;

  /** Something was typed. `wire` gives the value to send; null while it is not valid, and then nothing is sent. */
  type(param: ParamView, value: FormValue, wire: (() => Json) | null): void {
    this.cancel(param.name);
    this.put(param.name, { value, phase: wire ? "typing" : "invalid", base: param, wire });
    if (wire && !this.isHeld && !this.gripped.has(param.name))
      this.timers.set(
        param.name,
        setTimeout(() => void this.send(param.name), DEBOUNCE_MS),
      );
  }

  /** While held, what is typed waits for `flush`. When that ends, what waits is sent. */
  hold(isHeld: boolean): void {
    if (isHeld === this.isHeld) return;
    this.isHeld = isHeld;
    if (isHeld) for (const name of [...this.timers.keys()]) this.cancel(name);
    else this.flush();
  }

  /** While a slider is held, its value is not sent: what it would run is seen meanwhile. */
  grip(name: string): void {
    this.gripped.add(name);
    this.cancel(name);
  }

  /** It is let go: the value it stands at is sent at once. */
  release(name: string): void {
    this.gripped.delete(name);
    if (!this.isHeld && this.drafts[name]?.phase === "typing") void this.send(name);
  }

  /** The values that are in the form, would be taken, and are not known to be the kernel's. */
  pending(): JsonObject {
    return Object.fromEntries(
      Object.entries(this.drafts).flatMap(([name, { wire, phase }]) =>
        wire && phase !== "rejected" ? [[name, wire()] as const] : [],
      ),
    );
  }

  /** Sends now what waits for the debounce, and again what the kernel refused: it may have been busy. */
  flush(): void {
    for (const [name, { phase }] of Object.entries(this.drafts))
      if (phase === "typing" || phase === "rejected") void this.send(name);
  }

  /** Forgets what was typed, for one parameter or for all. */
  drop(name?: string): void {
    for (const each of name === undefined ? Object.keys(this.drafts) : [name]) {
      this.cancel(each);
      this.put(each, null);
    }
  }

  /** Drops the drafts that the view shows by now, or whose parameter is gone. */
  settle(params: { readonly [name: string]: ParamView }): void {
    for (const [name, draft] of Object.entries(this.drafts)) {
      const param = params[name];
      if (!param || (draft.phase === "accepted" && param !== draft.base)) this.drop(name);
    }
  }

  private async send(name: string): Promise<void> {
    this.cancel(name);
    const { message: _, ...draft } = this.drafts[name] ?? { wire: null };
    if (!draft.wire) return;
    const sending: Draft = { ...draft, phase: "sending" };
    this.put(name, sending);
    let after: Draft;
    try {
      await this.sendValue(name, draft.wire());
      after = { ...draft, phase: "accepted" };
      // The kernel tells nothing when it had this value already.
      setTimeout(() => {
        if (this.drafts[name] === after) this.drop(name);
      }, SETTLE_MS);
    } catch (cause) {
      after = { ...draft, phase: "rejected", message: cause instanceof Error ? cause.message : String(cause) };
    }
    // Unless it was typed on in the meantime.
    if (this.drafts[name] === sending) this.put(name, after);
  }

  private cancel(name: string): void {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
  }

  private put(name: string, draft: Draft | null): void {
    const { [name]: before, ...rest } = this.drafts;
    if (!before && !draft) return;
    // The one that was typed last is the last.
    this.drafts = draft ? { ...rest, [name]: draft } : rest;
    for (const changed of [...this.listeners]) changed();
  }
}

/** The events of a change arrive within a frame or two of its reply. */
const SETTLE_MS = 1000;

const byModel = new WeakMap<NotebookModel, ParamDrafts>();

/** Kept while the notebook is open, so that switching notebooks loses nothing that was typed. */
export function draftsOf(model: NotebookModel): ParamDrafts {
  const known = byModel.get(model);
  if (known) return known;
  const made = new ParamDrafts((name, value) => model.send({ type: "set-params", values: { [name]: value } }));
  const whatIf = whatIfOf(model);
  made.subscribe(() => whatIf.consider(made.pending()));
  byModel.set(model, made);
  return made;
}
