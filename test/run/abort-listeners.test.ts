/** A call leaves nothing behind on the signals that it was passed, however often it is made. */
import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { createPipeline } from "../../kernel-lib/src";

test("[R7] calls leave no listeners on the caller's signal, and end with it", async () => {
  const pipeline = createPipeline({ store: "memory" });
  const n = pipeline.param("n", 0);
  const made = pipeline.stage("made", { n }, ({ n }) => n);
  const { signal } = new AbortController();
  for (let at = 0; at < 5; at++) {
    n.set(at);
    await made.run({ signal });
  }
  await pipeline.run({ signal });
  expect(getEventListeners(signal, "abort")).toEqual([]);

  const abort = new AbortController();
  const slow = pipeline.stage("slow", {}, (_, { signal: own }) => new Promise((_resolve, fail) => own.addEventListener("abort", () => fail(own.reason as Error)))); // prettier-ignore
  const call = slow.run({ signal: abort.signal });
  setTimeout(() => abort.abort(new Error("enough")), 20);
  await expect(call).rejects.toThrow(/cancelled/);
  expect(getEventListeners(abort.signal, "abort")).toEqual([]);
});
