import fc from "fast-check";
import { expect, test } from "vitest";
import { createGraph, findNeeded } from "../../kernel-lib/src/graph/graph";

test("the order puts each stage after all that it needs, ties in order of definition", () => {
  const graph = createGraph(
    new Map([
      ["d", ["b", "c"]],
      ["a", []],
      ["c", ["a"]],
      ["b", ["a"]],
    ]),
  );
  expect(graph.order).toEqual(["a", "c", "b", "d"]);
  expect(findNeeded(graph, ["b"])).toEqual(["a", "b"]);
});

test("[S15] a cycle is found as a path that ends where it begins; what lies outside it keeps its order", () => {
  const graph = createGraph(
    new Map([
      ["a", ["c"]],
      ["b", ["a"]],
      ["c", ["b"]],
      ["below", ["c"]],
      ["free", []],
    ]),
  );
  expect(graph.order).toEqual(["free"]);
  expect([...graph.stuck].sort()).toEqual(["a", "b", "below", "c"]);
  expect(graph.cycles).toEqual([["a", "c", "b", "a"]]);
  expect(() => findNeeded(graph, ["below"])).toThrow(/a → c → b → a/);
  expect(findNeeded(graph, ["free"])).toEqual(["free"]);
});

test("for any graph: needs come first, and every stage is either ordered or stuck behind a real cycle", () => {
  const anyGraph = fc
    .array(fc.array(fc.nat(19), { maxLength: 4 }), { minLength: 1, maxLength: 20 })
    .map((needs) => new Map(needs.map((of, index) => [`s${index}`, of.map((need) => `s${need}`)])));
  fc.assert(
    fc.property(anyGraph, (needs) => {
      const { order, stuck, cycles, needs: known } = createGraph(needs);
      const place = new Map(order.map((name, index) => [name, index]));
      for (const name of order)
        for (const need of known.get(name) ?? []) expect(place.get(need)).toBeLessThan(place.get(name) ?? -1);
      expect([...order, ...stuck].sort()).toEqual([...needs.keys()].sort());
      expect(stuck.size > 0).toBe(cycles.length > 0);
      for (const cycle of cycles)
        cycle.slice(1).forEach((name, index) => expect(known.get(cycle[index] ?? "")).toContain(name));
    }),
    { verbose: true },
  );
});
