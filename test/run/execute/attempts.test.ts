import { resource } from "stagebook";
import { expect, test } from "vitest";
import { createScript, gate } from "../script";

test("[R9] a stage with retries is retried, each time with fresh copies of its inputs, and only its last error counts", async () => {
  const { p, events, log } = createScript();
  const list = p.stage("list", () => [1]);
  let attempts = 0;
  const seen: number[] = [];
  const shaky = {
    run: (values: number[]) => {
      seen.push(values.length);
      values.push(0);
      if (++attempts < 3) throw new Error(`attempt ${attempts}`);
      return attempts;
    },
  };
  const work = resource("shaky", () => shaky);
  const a = p.stage("a", { list, work }, ({ list, work }) => work.run(list), { retries: 2 });
  expect(await a()).toBe(3);
  expect(seen).toEqual([1, 1, 1]);
  expect(log().filter((line) => line.startsWith("a "))).toEqual(["a running", "a succeeded"]);
  const warnings = events.flatMap((event) => (event.type === "log:written" ? [event.record.message] : []));
  expect(warnings).toEqual([
    "a: attempt 1 of 3 failed: attempt 1; retrying",
    "a: attempt 2 of 3 failed: attempt 2; retrying",
  ]);
});

test("[R9] when all attempts fail, the stage fails once, with the last error", async () => {
  const { p, log } = createScript();
  const counter = resource("counter", () => ({ count: 0 }));
  const a = p.stage(
    "a",
    { counter },
    ({ counter }) => {
      throw new Error(`attempt ${++counter.count}`);
    },
    { retries: 1 },
  );
  await expect(a()).rejects.toMatchObject({ code: "stage-failed", cause: { message: "attempt 2" } });
  expect(log()).toEqual(["a running", "a failed"]);
});

test("[R10] a run that is cancelled does not wait for the pause before the next attempt", async () => {
  const { p, log } = createScript();
  const failed = gate();
  const signal = resource("signal", () => failed);
  const a = p.stage(
    "a",
    { signal },
    ({ signal }) => {
      signal.open();
      throw new Error("always");
    },
    { retries: 50 },
  );
  const running = a();
  await failed.opened;
  running.cancel();
  await expect(running).rejects.toMatchObject({ code: "cancelled" });
  expect(log()).toEqual(["a running", "a cancelled"]);
});

test("[Y6] a stage that takes longer than timeoutMs fails with code timeout, its signal aborted, and stores nothing", async () => {
  const { p, log } = createScript();
  const late = gate();
  const aborted = gate<string>();
  const gates = resource("gates", () => ({ late, aborted }));
  const a = p.stage(
    "a",
    { gates },
    async ({ gates }, { signal }) => {
      signal.addEventListener("abort", () => gates.aborted.open((signal.reason as { code: string }).code));
      await gates.late.opened;
      return 1;
    },
    { timeoutMs: 300 },
  );
  await expect(a()).rejects.toMatchObject({ code: "timeout", stage: "a" });
  expect(await aborted.opened).toBe("timeout");
  late.open();
  expect(log()).toEqual(["a running", "a failed"]);
  expect(await a.status()).toBe("failed");
});

test("[Y2] retries and timeoutMs that make no sense are refused at definition", () => {
  const { p } = createScript();
  for (const options of [{ retries: -1 }, { retries: 1.5 }, { timeoutMs: 0 }, { timeoutMs: Infinity }])
    expect(() => p.stage("a", () => 1, options)).toThrow(expect.objectContaining({ code: "stage-options" }) as Error);
});
