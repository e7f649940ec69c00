/** Layouts that outlive the page: found by shape, and never used for another graph. */
import { describe, expect, it, vi } from "vitest";
import type { LayoutRequest } from "stagebook/drawing";
import { computeLayout } from "stagebook/drawing/layout";
import { LayoutCache } from "../../../lab-extension/src/graph/layout/layout-cache";
import { LayoutQueue } from "../../../lab-extension/src/graph/layout/layout-queue";

/** A chain of `count` stages. */
function chain(count: number, name = "s"): LayoutRequest {
  const ids = Array.from({ length: count }, (_, at) => `${name}${at}`);
  return {
    nodes: ids.map((id) => ({ id, width: 158, height: 58 })),
    edges: ids.slice(1).map((to, at) => ({ from: ids[at]!, to })),
  };
}

function createStored() {
  const state: { value: unknown } = { value: undefined };
  return {
    state,
    load: () => Promise.resolve(structuredClone(state.value)),
    save: (value: unknown) => Promise.resolve(void (state.value = structuredClone(value))),
  };
}

describe("a stored layout", () => {
  it("[O7] is available to the next page, for its shape only", async () => {
    const stored = createStored();
    const large = chain(120);
    const layout = computeLayout(large);
    await new LayoutCache(stored).add(large, layout);
    const next = new LayoutCache(stored);
    expect(next.find(large)).toBeUndefined();
    expect(await next.fetch(large)).toEqual(layout);
    expect(next.find(large)).toEqual(layout);
    expect(await next.fetch(chain(121))).toBeUndefined();
    expect(await next.fetch({ ...large, direction: "right" })).toBeUndefined();
    expect(await next.fetch({ ...large, edges: large.edges.slice(1) })).toBeUndefined();
  });

  it("[O7] is used by the next page's queue instead of a computation", async () => {
    const stored = createStored();
    const large = chain(120);
    const marked = { ...computeLayout(large), width: 123_456 };
    await new LayoutCache(stored).add(large, marked);
    const queue = new LayoutQueue(new LayoutCache(stored));
    expect(await queue.layOut(large)).toEqual(marked);
    expect(queue.find(large)).toEqual(marked);
    queue.dispose();
  });

  it("is one of the newest; small ones are not stored", async () => {
    const stored = createStored();
    const memory = new LayoutCache(stored);
    const shapes = Array.from({ length: 6 }, (_, at) => chain(100, `g${at}.`));
    for (const shape of [chain(20), ...shapes]) await memory.add(shape, computeLayout(shape));
    const next = new LayoutCache(stored);
    const found = await Promise.all(
      [chain(20), ...shapes].map(async (shape) => (await next.fetch(shape)) !== undefined),
    );
    expect(found).toEqual([false, false, false, true, true, true, true]);
  });

  it.each([null, "text", 7, {}, { format: 1, layouts: [] }, { format: 2, layouts: "none" }])(
    "is absent if the browser holds %j instead",
    async (value) => {
      const stored = createStored();
      const large = chain(120);
      await new LayoutCache(stored).add(large, computeLayout(large));
      stored.state.value = value;
      const next = new LayoutCache(stored);
      expect(await next.fetch(large)).toBeUndefined();
      await next.add(large, computeLayout(large));
      expect(await new LayoutCache(stored).fetch(large)).toBeDefined();
    },
  );

  it("is kept in memory, with a warning, if the browser cannot store it", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const full = (): Promise<never> => Promise.reject(new Error("quota exceeded"));
    const memory = new LayoutCache({ load: full, save: full });
    const large = chain(120);
    const layout = computeLayout(large);
    await memory.add(large, layout);
    expect(memory.find(large)).toBe(layout);
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });
});
