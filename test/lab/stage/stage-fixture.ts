/** Views and parts of views for the tests of the panels. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { InputView, ParamView, StageView, View } from "stagebook/protocol";
import { emptyView } from "stagebook/protocol";

export function createStage(name: string, change: Partial<StageView> = {}): StageView {
  return {
    name,
    cell: null,
    inputs: [],
    status: "fresh",
    action: "fresh",
    reasons: [],
    waitsFor: [],
    untracked: [],
    ...change,
  };
}

export function createView(stages: readonly StageView[], params: readonly ParamView[] = []): View {
  return { ...emptyView, stages: byName(stages), params: byName(params) };
}

export function createParam(name: string, value: number): ParamView {
  const text = String(value);
  return {
    name,
    kind: "number",
    cell: null,
    schema: {},
    value,
    default: value,
    text,
    defaultText: text,
    overridden: false,
    tracked: true,
  };
}

export function inputOf(kind: InputView["kind"], name: string, implicit = false): InputView {
  return { path: name, kind, name, implicit };
}

/** The translator without a language pack: English. */
export const english = {
  __: fill,
  _n: (one: string, many: string, count: number, ...rest: readonly unknown[]) =>
    fill(count === 1 ? one : many, count, ...rest),
} as unknown as TranslationBundle;

function fill(text: string, ...values: readonly unknown[]): string {
  return text.replace(/%(\d+)/gu, (_match, position: string) => String(values[Number(position) - 1]));
}

function byName<T extends { readonly name: string }>(items: readonly T[]): { readonly [name: string]: T } {
  return Object.fromEntries(items.map((item) => [item.name, item]));
}
