/** Layouts that outlive the page: found again by shape, and never those of another graph. */
import { describe, expect, it, vi } from "vitest";
import { computeLayout, type LayoutRequest } from "../../lab-extension/src/dag/layout";
import { LayoutMemory } from "../../lab-extension/src/dag/layout-memory";

/** A chain of `count` stages. */
function chain(count: number, name = "s"): LayoutRequest {
  const ids = Array.from({ length: count }, (_, at) => `${name}${at}`);
  return {
    nodes: ids.map((id) => ({ id, width: 158, height: 58 })),
    edges: ids.slice(1).map((to, at) => ({ from: ids[at]!, to })),
  };
}

function createTexts() {
  const texts = new Map<string, string>();
  return {
    texts,
    getItem: (key: string) => texts.get(key) ?? null,
    setItem: (key: string, text: string) => void texts.set(key, text),
  };
}

describe("a layout that is kept", () => {
  it("[O7] is there for the next page, for its shape alone", () => {
    const kept = createTexts();
    const large = chain(120);
    const layout = computeLayout(large);
    new LayoutMemory(() => kept).remember(large, layout);
    const next = new LayoutMemory(() => kept);
    expect(next.find(large)).toEqual(layout);
    expect(next.find(chain(121))).toBeUndefined();
    expect(next.find({ ...large, direction: "right" })).toBeUndefined();
    expect(next.find({ ...large, edges: large.edges.slice(1) })).toBeUndefined();
  });

  it("is one of the newest; a small one is not kept", () => {
    const kept = createTexts();
    const memory = new LayoutMemory(() => kept);
    const shapes = Array.from({ length: 6 }, (_, at) => chain(100, `g${at}.`));
    for (const shape of [chain(20), ...shapes]) memory.remember(shape, computeLayout(shape));
    const next = new LayoutMemory(() => kept);
    expect([chain(20), ...shapes].map((shape) => next.find(shape) !== undefined)).toEqual([false, false, false, true, true, true, true]); // prettier-ignore
  });

  it.each(["no JSON", "{}", "[1, null, [2]]", '[["x", {"positions": null}]]'])(
    "is absent where %s is in its place",
    (text) => {
      const kept = createTexts();
      const large = chain(120);
      new LayoutMemory(() => kept).remember(large, computeLayout(large));
      for (const key of kept.texts.keys()) kept.texts.set(key, text);
      const next = new LayoutMemory(() => kept);
      expect(next.find(large)).toBeUndefined();
      next.remember(large, computeLayout(large));
      expect(new LayoutMemory(() => kept).find(large)).toBeDefined();
    },
  );

  it("whose nodes are others is refused, whatever it is filed under", () => {
    const kept = createTexts();
    const large = chain(120);
    new LayoutMemory(() => kept).remember(large, computeLayout(large));
    for (const [key, text] of kept.texts) kept.texts.set(key, text.replaceAll("s119", "other"));
    expect(new LayoutMemory(() => kept).find(large)).toBeUndefined();
  });

  it("costs a warning where the browser keeps nothing, and is remembered for this page", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const full = (): never => {
      throw new Error("quota exceeded");
    };
    const memory = new LayoutMemory(() => ({ getItem: full, setItem: full }));
    const large = chain(120);
    const layout = computeLayout(large);
    memory.remember(large, layout);
    expect(memory.find(large)).toBe(layout);
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });
});
