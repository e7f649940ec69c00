/** The dependency graph: order and cycles. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createGraph, findNeeded } from "../../kernel-lib/src/graph/graph";

test("the order puts each stage after its upstream stages, ties in order of definition", () => {
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

test("[S15] a cycle is reported as a path that ends where it begins; stages outside it keep their order", () => {
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

test("for any graph, upstream stages come first, and every stage is either ordered or stuck behind a real cycle", () => {
  const anyGraph = fc
    .array(fc.array(fc.nat(19), { maxLength: 4 }), { minLength: 1, maxLength: 20 })
    .map((lists) => new Map(lists.map((list, index) => [`s${index}`, list.map((each) => `s${each}`)])));
  fc.assert(
    fc.property(anyGraph, (edges) => {
      const { order, stuck, cycles, upstream } = createGraph(edges);
      const position = new Map(order.map((name, index) => [name, index]));
      for (const name of order)
        for (const above of upstream.get(name) ?? [])
          expect(position.get(above)).toBeLessThan(position.get(name) ?? -1);
      expect([...order, ...stuck].sort()).toEqual([...edges.keys()].sort());
      expect(stuck.size > 0).toBe(cycles.length > 0);
      for (const cycle of cycles)
        cycle.slice(1).forEach((name, index) => expect(upstream.get(cycle[index] ?? "")).toContain(name));
    }),
    { verbose: true },
  );
});
