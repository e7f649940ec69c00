/** Layouts that outlive the page: found again by shape, and never those of another graph. */
import { describe, expect, it, vi } from "vitest";
import { computeLayout, type LayoutRequest } from "../../../lab-extension/src/graph/layout/layout";
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

function createKept() {
  const state: { value: unknown } = { value: undefined };
  return {
    state,
    load: () => Promise.resolve(structuredClone(state.value)),
    save: (value: unknown) => Promise.resolve(void (state.value = structuredClone(value))),
  };
}

describe("a layout that is kept", () => {
  it("[O7] is there for the next page, for its shape alone", async () => {
    const kept = createKept();
    const large = chain(120);
    const layout = computeLayout(large);
    await new LayoutCache(kept).add(large, layout);
    const next = new LayoutCache(kept);
    expect(next.find(large)).toBeUndefined();
    expect(await next.fetch(large)).toEqual(layout);
    expect(next.find(large)).toEqual(layout);
    expect(await next.fetch(chain(121))).toBeUndefined();
    expect(await next.fetch({ ...large, direction: "right" })).toBeUndefined();
    expect(await next.fetch({ ...large, edges: large.edges.slice(1) })).toBeUndefined();
  });

  it("[O7] is drawn by the next page's queue, and nothing is laid out", async () => {
    const kept = createKept();
    const large = chain(120);
    const marked = { ...computeLayout(large), width: 123_456 };
    await new LayoutCache(kept).add(large, marked);
    const queue = new LayoutQueue(new LayoutCache(kept));
    expect(await queue.layOut(large)).toEqual(marked);
    expect(queue.find(large)).toEqual(marked);
    queue.dispose();
  });

  it("is one of the newest; a small one is not kept", async () => {
    const kept = createKept();
    const memory = new LayoutCache(kept);
    const shapes = Array.from({ length: 6 }, (_, at) => chain(100, `g${at}.`));
    for (const shape of [chain(20), ...shapes]) await memory.add(shape, computeLayout(shape));
    const next = new LayoutCache(kept);
    const found = await Promise.all(
      [chain(20), ...shapes].map(async (shape) => (await next.fetch(shape)) !== undefined),
    );
    expect(found).toEqual([false, false, false, true, true, true, true]);
  });

  it.each([null, "text", 7, {}, { format: 0, kept: [] }, { format: 1, kept: "none" }])(
    "is absent where %j is in its place",
    async (value) => {
      const kept = createKept();
      const large = chain(120);
      await new LayoutCache(kept).add(large, computeLayout(large));
      kept.state.value = value;
      const next = new LayoutCache(kept);
      expect(await next.fetch(large)).toBeUndefined();
      await next.add(large, computeLayout(large));
      expect(await new LayoutCache(kept).fetch(large)).toBeDefined();
    },
  );

  it("costs a warning where the browser keeps nothing, and is remembered for this page", async () => {
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
