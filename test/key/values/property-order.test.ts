/** The order of properties: it counts in values, and not in what is typed into a form. */
import { expect, test } from "vitest";
import { createPipelineWithInternals } from "../../../kernel-lib/src/pipeline";
import { inOrder } from "../../../kernel-lib/src/stage/property-order";
import { createScript } from "../../run/script";

test("[P6] the order of the properties of a result counts for what reads it", async () => {
  const { p, log } = createScript();
  const define = (row: object): (() => Promise<string>) => {
    const rows = p.stage("rows", () => [row]);
    return p.stage("cols", { rows }, ({ rows }) => Object.keys(rows[0] ?? {}).join());
  };
  expect(await define({ x: 1, y: 2 })()).toBe("x,y");
  expect(await define({ y: 2, x: 1 })()).toBe("y,x");
  log();
  expect(await define({ x: 1, y: 2 })()).toBe("x,y");
  expect(log()).toEqual(["rows cached", "cols cached"]);
});

test("[P6] the order of the properties of a constant and of a captured value counts, that of the inputs does not", async () => {
  const { p } = createScript();
  const constant = (row: object): (() => Promise<string>) =>
    p.stage("a", { row }, ({ row }) => Object.keys(row).join());
  expect([await constant({ x: 1, y: 2 })(), await constant({ y: 2, x: 1 })()]).toEqual(["x,y", "y,x"]);
  const captured = (row: object): (() => Promise<string>) => p.stage("b", () => Object.keys(row).join());
  expect([await captured({ x: 1, y: 2 })(), await captured({ y: 2, x: 1 })()]).toEqual(["x,y", "y,x"]);
  const inputs = (all: object): (() => Promise<string>) =>
    p.stage("c", all, (given: object) => Object.keys(given).join());
  expect([await inputs({ m: 1, n: 2 })(), await inputs({ n: 2, m: 1 })()]).toEqual(["m,n", "m,n"]);
});

test("[P6] [P10] a value that is set in the form or in code has its properties in the order of the schema, or of the default", async () => {
  const { pipeline, internals } = createPipelineWithInternals({ store: "memory" }, () => undefined);
  const schema = { type: "object", properties: { x: { type: "number" }, y: { type: "number" } } };
  const point = pipeline.param("point", { x: 1, y: 2 });
  const planned = pipeline.param("planned", { y: 2, x: 1 }, { schema });
  internals.engine.params.set({ point: { y: 3, x: 1 }, planned: { y: 3, x: 1 } }, "page");
  expect([Object.keys(point.value), Object.keys(planned.value)]).toEqual([
    ["x", "y"],
    ["x", "y"],
  ]);
  point.set({ y: 4, x: 1 });
  expect(point.value).toEqual({ x: 1, y: 4 });
  expect(Object.keys(point.value)).toEqual(["x", "y"]);
});

test("[P6] every level of a value is put in order, and nothing is lost", () => {
  const schema = { type: "array", items: { properties: { a: {}, b: { properties: { c: {}, d: {} } } } } };
  const given = [{ extra: 0, b: { d: 2, c: 1, e: [1] }, a: 1 }, "text", null];
  expect(JSON.stringify(inOrder(given, schema, undefined))).toBe(
    '[{"a":1,"b":{"c":1,"d":2,"e":[1]},"extra":0},"text",null]',
  );
  expect(JSON.stringify(inOrder({ b: 1, a: [{ y: 1, x: 2 }] }, {}, { a: [{ x: 0, y: 0 }], b: 0 }))).toBe(
    '{"a":[{"x":2,"y":1}],"b":1}',
  );
});
