/** Pages that end without a word: the kernel finds out, and pages that are only silent stay connected. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BEACON_MS, MAX_UNANSWERED, type PageMessage } from "stagebook/protocol";
import { createRandom } from "../../rig/random";
import { World } from "./faults";
import { fakeStorage } from "./jupyter-fixture";
import { logWritten } from "./kernel-fixture";

let world: World;
/** What pages sent besides commands. */
let signs: number;

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal("sessionStorage", fakeStorage());
  world = new World(createRandom(1));
  signs = 0;
  world.kernel.importStagebook();
  await vi.advanceTimersByTimeAsync(1000);
  const receive = world.kernel.receive.bind(world.kernel);
  world.kernel.receive = (frame) => {
    if ((frame.content.data as PageMessage | undefined)?.type === "alive") signs++;
    receive(frame);
  };
});

afterEach(() => {
  for (const n of world.pages.keys()) world.close(n);
  world.kernel.end();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A log line a second. */
async function work(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    world.kernel.emit(logWritten(`line ${second}`));
    await vi.advanceTimersByTimeAsync(1000);
  }
}

const comms = (): readonly string[] => world.kernel.comms?.ids ?? [];
const connections = (): readonly string[] => world.pages.map(({ model }) => model.getState().connection);

test("[O7] the comm of a page that ended without a word is closed, and the other page stays connected", async () => {
  const [, kept] = comms();
  expect(comms()).toHaveLength(2);
  world.vanish(0);
  await work(10);
  expect(comms()).toHaveLength(2);
  await work(MAX_UNANSWERED + 10);
  expect(comms()).toEqual([kept]);
  expect(connections()[1]).toBe("live");
  expect(world.pages[1]?.model.getState().view).toEqual(world.kernel.bus?.view);
});

test("[O7] an announcement that no page has taken is forgotten", async () => {
  for (const n of world.pages.keys()) world.vanish(n);
  world.kernel.comms?.openNew({ v: 1 });
  await work(MAX_UNANSWERED + 10);
  expect(comms()).toEqual([]);
});

test("[O7] a page that only listens stays connected over the same comm, and answers at most once a minute", async () => {
  const before = comms();
  await work(2 * MAX_UNANSWERED);
  expect(comms()).toEqual(before);
  expect(connections()).toEqual(["live", "live"]);
  expect(signs).toBeLessThanOrEqual(((2 * MAX_UNANSWERED) / 60) * 2);
});

test("[O7] an answer is not answered: a kernel without work becomes silent", async () => {
  await work(100);
  await vi.advanceTimersByTimeAsync(200 * BEACON_MS);
  const sent = signs;
  await vi.advanceTimersByTimeAsync(200 * BEACON_MS);
  expect(signs).toBe(sent);
  expect(comms()).toHaveLength(2);
});

test("[O7] a burst of messages in one second does not count against the page", () => {
  const [comm = ""] = comms();
  for (let n = 0; n < 3 * MAX_UNANSWERED; n++) world.kernel.comms?.send(comm, {});
  expect(comms()).toHaveLength(2);
});
