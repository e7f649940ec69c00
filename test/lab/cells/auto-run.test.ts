/** Auto-run, and the notifications about long runs. */
import { BehaviorSubject } from "rxjs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AutoRun } from "../../../lab-extension/src/cells/auto-run";
import { AutoRunChoices } from "../../../lab-extension/src/model/memory/auto-run-choices";
import { notifyLongRuns } from "../../../lab-extension/src/status/run-notices";
import type { RunNotice } from "../../../lab-extension/src/status/run-notices";
import type { NotebookState } from "../../../lab-extension/src/tokens";
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

  it("[U2] runs once after a pause in the changes", async () => {
    const { runs, auto } = create();
    auto.changed();
    await vi.advanceTimersByTimeAsync(300);
    auto.changed();
    await vi.advanceTimersByTimeAsync(399);
    expect(runs).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs).toHaveLength(1);
  });

  it("[U2] runs one at a time: a change during a run causes one more run after it", async () => {
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

  it("[U2] runs nothing while it is off, also if it was switched off during the pause", async () => {
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

  it("[U2] is switched per notebook, remembered across page loads, and off or on by default as set", () => {
    const texts = new Map<string, string>();
    const storage = {
      getItem: (key: string) => texts.get(key) ?? null,
      setItem: (key: string, text: string) => texts.set(key, text),
    };
    let setting = false;
    const open = (): AutoRunChoices =>
      new AutoRunChoices(
        () => storage,
        () => setting,
      );
    const choices = open();
    let changes = 0;
    choices.subscribe(() => (changes += 1));
    choices.set("a.ipynb", true);
    expect([choices.isOn("a.ipynb"), choices.isOn("b.ipynb"), changes]).toEqual([true, false, 1]);
    expect(open().isOn("a.ipynb")).toBe(true);
    setting = true;
    choices.set("c.ipynb", false);
    expect([open().isOn("b.ipynb"), open().isOn("c.ipynb")]).toEqual([true, false]);
  });

  it("[U2] works in a browser without storage", () => {
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
    const live$ = new BehaviorSubject(stateOf([]));
    const sent: RunNotice[] = [];
    notifyLongRuns(
      { path: "folder/a.ipynb", live$ },
      {
        preferences: () => ({ notify, notifyAfterSeconds: 20 }),
        isHidden: () => isHidden,
        notify: (notice) => sent.push(notice),
        trans: english,
      },
    );
    live$.next(stateOf([running]));
    live$.next(stateOf([ended]));
    live$.next(stateOf([{ ...ended }]));
    return sent;
  };

  it("[U1] cause one notification when they end, with notebook and time", () => {
    expect(notices(endedAfter(25))).toEqual([
      { run: "r", kind: "success", text: "a.ipynb: the run finished after 25 s" },
    ]);
    expect(notices(endedAfter(25, { status: "failed", error: { code: "E", message: "no" } }))[0]).toMatchObject({
      kind: "error",
      text: "a.ipynb: the run failed after 25 s: no",
    });
    expect(notices(endedAfter(25, { status: "cancelled" }))[0]?.text).toBe("a.ipynb: the run was cancelled after 25 s");
  });

  it("[U1] cause no notification when they are short, visible, or notifications are off", () => {
    expect(notices(endedAfter(19))).toEqual([]);
    expect(notices(endedAfter(25), { isHidden: false })).toEqual([]);
    expect(notices(endedAfter(25), { notify: "never" })).toEqual([]);
    expect(notices(endedAfter(25), { notify: "always", isHidden: false })).toHaveLength(1);
  });
});
