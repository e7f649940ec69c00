/** The page's end of the protocol. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SNAPSHOT_LATE_MS, SNAPSHOT_TIMEOUT_MS, Wire } from "../../../lab-extension/src/session/wire";
import { emptyView } from "stagebook/protocol";
import type { WireUpdate } from "../../../lab-extension/src/session/wire";
import { FakeKernel, logWritten, stageDefined } from "./kernel-fixture";

let kernel: FakeKernel;
let wire: Wire;
let updates: string[];

beforeEach(() => {
  vi.useFakeTimers();
  kernel = new FakeKernel();
  wire = new Wire(kernel, () => ({ notebook: "a.ipynb" }));
  updates = [];
  wire.updates$.subscribe((update) => updates.push(describeUpdate(update)));
});

afterEach(() => {
  wire.close("the test is over");
  vi.useRealTimers();
});

describe("events", () => {
  it("[O7] events are passed on from the first snapshot, and not before it", () => {
    kernel.sendEvents(stageDefined("a"));
    kernel.sendSnapshot();
    kernel.sendEvents(stageDefined("b"), stageDefined("c"));
    expect(updates).toEqual(["snapshot 1", "events 2 3"]);
  });

  it("[O7] a gap in the numbers requests a snapshot, and nothing is applied until it arrives", () => {
    kernel.sendSnapshot();
    kernel.loseEvents(stageDefined("a"));
    kernel.sendEvents(stageDefined("b"));
    kernel.sendEvents(stageDefined("c"));
    expect(kernel.commands()).toEqual(["sync"]);
    expect(kernel.received[0]).toMatchObject({ v: 1, notebook: "a.ipynb" });
    expect(updates).toEqual(["snapshot 0"]);
    kernel.sendSnapshot();
    kernel.sendEvents(stageDefined("d"));
    expect(updates).toEqual(["snapshot 0", "snapshot 3", "events 4"]);
  });

  it("events that a snapshot already contains are not applied twice", () => {
    kernel.sendSnapshot();
    const late = kernel.makeEvents(stageDefined("a"), stageDefined("b"));
    kernel.sendSnapshot();
    kernel.post({ v: 1, type: "events", from: 1, events: [...late, ...kernel.makeEvents(stageDefined("c"))] });
    expect(updates).toEqual(["snapshot 0", "snapshot 2", "events 3"]);
    expect(kernel.received).toEqual([]);
  });

  it("the comm is announced again and again to a kernel that sends nothing", () => {
    vi.advanceTimersByTime(SNAPSHOT_TIMEOUT_MS);
    expect(kernel.opened).toBe(1);
    vi.advanceTimersByTime(SNAPSHOT_TIMEOUT_MS);
    expect(kernel.opened).toBe(2);
    kernel.sendSnapshot();
    vi.advanceTimersByTime(10 * SNAPSHOT_TIMEOUT_MS);
    expect(kernel.opened).toBe(2);
    expect(kernel.commands()).toEqual([]);
  });

  it("a lost snapshot is requested again soon after the kernel's next sign of life", () => {
    kernel.sendBeacon();
    kernel.sendBeacon();
    vi.advanceTimersByTime(SNAPSHOT_LATE_MS);
    expect(kernel.commands()).toEqual(["sync"]);
    vi.advanceTimersByTime(SNAPSHOT_LATE_MS);
    expect(kernel.commands()).toEqual(["sync"]);
    kernel.accept(null);
    vi.advanceTimersByTime(SNAPSHOT_LATE_MS);
    expect(kernel.commands()).toEqual(["sync", "sync"]);
  });

  it("[O7] lost last events are noticed by the kernel's next sign of life", () => {
    kernel.sendSnapshot();
    kernel.sendBeacon();
    expect(kernel.commands()).toEqual([]);
    kernel.loseEvents(stageDefined("a"));
    kernel.sendBeacon();
    expect(kernel.commands()).toEqual(["sync"]);
    expect(updates).toEqual(["snapshot 0"]);
  });

  it("a snapshot that was overtaken changes nothing", () => {
    kernel.sendSnapshot();
    const late = { ...emptyView, seq: 0 };
    kernel.sendEvents(stageDefined("a"));
    kernel.post({ v: 1, type: "snapshot", seq: 0, view: late, stagebook: "0.1.0" });
    kernel.sendEvents(stageDefined("b"));
    expect(updates).toEqual(["snapshot 0", "events 1", "events 2"]);
  });

  it("events and snapshots from before a restart of the kernel are replaced", () => {
    kernel.restart();
    kernel.sendEvents(stageDefined("a"));
    kernel.sendSnapshot();
    const old = { v: 1, type: "snapshot", kernel: "old", seq: 70, view: { ...emptyView, seq: 70 } } as const;
    kernel.post({ ...old, stagebook: "0.1.0" });
    kernel.sendEvents(stageDefined("b"));
    kernel.sendSnapshot();
    kernel.sendEvents(stageDefined("c"));
    expect(kernel.commands()).toEqual(["sync"]);
    expect(updates).toEqual(["snapshot 1", "snapshot 70", "snapshot 2", "events 3"]);
  });

  it("a message of another version is reported as such and changes nothing", () => {
    kernel.sendSnapshot();
    kernel.incoming$.next({ v: 2, type: "snapshot", view: {} });
    kernel.sendEvents(logWritten("still here"));
    expect(updates).toEqual(["snapshot 0", "incompatible 2", "events 1"]);
  });
});

describe("commands", () => {
  it("each reply settles the command with its id, in whatever order they come", async () => {
    const first = wire.send({ type: "run", targets: ["a"] });
    const second = wire.send({ type: "cancel" });
    kernel.accept({ runs: 1 }, 1);
    kernel.accept({ status: "succeeded", executed: 2 }, 0);
    expect(await first).toEqual({ status: "succeeded", executed: 2 });
    expect(await second).toEqual({ runs: 1 });
    expect(new Set(kernel.received.map((message) => message.type !== "alive" && message.id)).size).toBe(2);
  });

  it("[P1] a refused command is rejected with the kernel's message and advice", async () => {
    const refused = wire.send({ type: "set-params", values: { minMagnitude: 11 } });
    kernel.refuse("minMagnitude must be <= 10", "give 10 or less");
    await expect(refused).rejects.toThrow("minMagnitude must be <= 10: give 10 or less");
  });

  it("pending commands are rejected with the reason when the wire is closed, and later ones immediately", async () => {
    const waiting = wire.send({ type: "run" });
    wire.close("the kernel was restarted");
    await expect(waiting).rejects.toThrow("Command not executed: the kernel was restarted");
    await expect(wire.send({ type: "cancel" })).rejects.toThrow("the kernel was restarted");
    expect(kernel.closed).toBe(true);
    kernel.sendSnapshot();
    expect(updates).toEqual([]);
  });

  it("a command that cannot be sent is rejected", async () => {
    kernel.close();
    await expect(wire.send({ type: "cancel" })).rejects.toThrow("Command not executed: closed");
  });

  it("a reply to an unknown command is ignored", () => {
    kernel.post({ v: 1, type: "reply", id: "other", ok: true, result: null });
    expect(updates).toEqual([]);
  });
});

function describeUpdate(update: WireUpdate): string {
  switch (update.type) {
    case "snapshot":
      return `snapshot ${update.view.seq}`;
    case "events":
      return `events ${update.events.map(({ seq }) => seq).join(" ")}`;
    case "incompatible":
      return `incompatible ${update.version}`;
  }
}
