/** The auto-run switch, and what is told of long runs. */
import { BehaviorSubject } from "rxjs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AutoRun } from "../../../lab-extension/src/cells/auto-run";
import { AutoRunChoices } from "../../../lab-extension/src/model/auto-run-choices";
import { notifyLongRuns } from "../../../lab-extension/src/status/run-notices";
import type { RunNotice } from "../../../lab-extension/src/status/run-notices";
import type { LiveModel, NotebookState } from "../../../lab-extension/src/tokens";
import { emptyView } from "stagebook/protocol";
import type { RunId, RunView } from "stagebook/protocol";
import { english } from "../stage/stage-fixture";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("auto-run", () => {
  const create = (): { runs: (() => void)[]; state: { on: boolean }; auto: AutoRun } => {
    const runs: (() => void)[] = [];
    const state = { on: true };
    const auto = new AutoRun({
      isOn: () => state.on,
      delayMs: () => 400,
      run: () => new Promise<void>((resolve) => runs.push(resolve)),
    });
    return { runs, state, auto };
  };

  it("[U2] runs once when changes have been quiet", async () => {
    const { runs, auto } = create();
    auto.changed();
    await vi.advanceTimersByTimeAsync(300);
    auto.changed();
    await vi.advanceTimersByTimeAsync(399);
    expect(runs).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs).toHaveLength(1);
  });

  it("[U2] one at a time: what changed meanwhile is run once more after it", async () => {
    const { runs, auto } = create();
    auto.changed();
    await vi.advanceTimersByTimeAsync(400);
    for (let times = 0; times < 3; times++) {
      auto.changed();
      await vi.advanceTimersByTimeAsync(400);
    }
    expect(runs).toHaveLength(1);
    runs[0]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(runs).toHaveLength(2);
    runs[1]?.();
    await vi.advanceTimersByTimeAsync(1000);
    expect(runs).toHaveLength(2);
  });

  it("[U2] runs nothing while it is off, also when it was switched off in the meantime", async () => {
    const { runs, state, auto } = create();
    auto.changed();
    state.on = false;
    await vi.advanceTimersByTimeAsync(400);
    auto.changed();
    await vi.advanceTimersByTimeAsync(400);
    state.on = true;
    await vi.advanceTimersByTimeAsync(400);
    expect(runs).toHaveLength(0);
  });

  it("[U2] the choice is the notebook's own, outlives the page, and begins as the setting says", () => {
    const texts = new Map<string, string>();
    const kept = {
      getItem: (key: string) => texts.get(key) ?? null,
      setItem: (key: string, text: string) => texts.set(key, text),
    };
    let setting = false;
    const open = (): AutoRunChoices =>
      new AutoRunChoices(
        () => kept,
        () => setting,
      );
    const choices = open();
    let told = 0;
    choices.subscribe(() => (told += 1));
    choices.set("a.ipynb", true);
    expect([choices.isOn("a.ipynb"), choices.isOn("b.ipynb"), told]).toEqual([true, false, 1]);
    expect(open().isOn("a.ipynb")).toBe(true);
    setting = true;
    choices.set("c.ipynb", false);
    expect([open().isOn("b.ipynb"), open().isOn("c.ipynb")]).toEqual([true, false]);
  });

  it("[U2] works where the browser keeps nothing", () => {
    const choices = new AutoRunChoices(
      () => {
        throw new Error("denied");
      },
      () => false,
    );
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    choices.set("a.ipynb", true);
    expect(choices.isOn("a.ipynb")).toBe(true);
    vi.restoreAllMocks();
  });
});

describe("long runs", () => {
  const running: RunView = {
    id: "r" as RunId,
    source: "page",
    cell: null,
    targets: [],
    startedAt: 0,
    status: "running",
  };
  const endedAfter = (seconds: number, change: Partial<RunView> = {}): RunView => ({
    ...running,
    status: "succeeded",
    durationMs: seconds * 1000,
    ...change,
  });
  const notices = (
    ended: RunView,
    {
      notify = "when hidden" as const,
      isHidden = true,
    }: { notify?: "never" | "when hidden" | "always"; isHidden?: boolean } = {},
  ): readonly RunNotice[] => {
    const stateOf = (runs: readonly RunView[]): NotebookState => ({
      view: { ...emptyView, runs },
      connection: "live",
      remembered: false,
      selected: null,
    });
    const state$ = new BehaviorSubject(stateOf([]));
    const told: RunNotice[] = [];
    notifyLongRuns({ path: "folder/a.ipynb", state$ } as unknown as LiveModel, {
      preferences: () => ({ notify, notifyAfterSeconds: 20 }),
      isHidden: () => isHidden,
      notify: (notice) => told.push(notice),
      trans: english,
    });
    state$.next(stateOf([running]));
    state$.next(stateOf([ended]));
    state$.next(stateOf([{ ...ended }]));
    return told;
  };

  it("[U1] are told once when they end, with notebook and time", () => {
    expect(notices(endedAfter(25))).toEqual([
      { run: "r", kind: "success", text: "a.ipynb: the run finished after 25 s" },
    ]);
    expect(notices(endedAfter(25, { status: "failed", error: { code: "E", message: "no" } }))[0]).toMatchObject({
      kind: "error",
      text: "a.ipynb: the run failed after 25 s: no",
    });
    expect(notices(endedAfter(25, { status: "cancelled" }))[0]?.text).toBe("a.ipynb: the run was cancelled after 25 s");
  });

  it("[U1] are not told when they are short, can be seen, or nobody wants to know", () => {
    expect(notices(endedAfter(19))).toEqual([]);
    expect(notices(endedAfter(25), { isHidden: false })).toEqual([]);
    expect(notices(endedAfter(25), { notify: "never" })).toEqual([]);
    expect(notices(endedAfter(25), { notify: "always", isHidden: false })).toHaveLength(1);
  });
});
