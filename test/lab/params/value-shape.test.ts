/** The shape of nested values from their JSON Schema, for the form. */
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "stagebook/protocol";
import { groupOf } from "../../../lab-extension/src/model/params/param-group";
import { FoldedGroups } from "../../../lab-extension/src/model/params/folded-groups";
import { initialValue, memberOf, shapeOf } from "../../../lab-extension/src/model/params/value-shape";

const circle = { type: "object", required: ["kind", "r"], properties: { kind: { const: "circle" }, r: { type: "number" } } }; // prettier-ignore
const box = { type: "object", required: ["kind", "w"], properties: { kind: { enum: ["box"] }, w: { type: "number" } } };

/** Kinds alone, nested as the shape is. */
function kinds(schema: JsonObject): unknown {
  const read = (shape: ReturnType<typeof shapeOf>): unknown => {
    if (shape?.kind === "list") return [read(shape.item)];
    if (shape?.kind === "object") return Object.fromEntries(shape.properties.map(({ name, shape }) => [name, read(shape)])); // prettier-ignore
    if (shape?.kind === "union") return { union: shape.options.map(({ label }) => label) };
    if (shape?.kind === "choice" || shape?.kind === "choices") return { [shape.kind]: shape.options };
    return shape?.kind ?? null;
  };
  return read(shapeOf(schema));
}

describe("the shape of a schema", () => {
  const cases: readonly (readonly [string, JsonObject, unknown])[] = [
    ["an object of a list", { type: "object", properties: { at: { type: "array", items: { type: "integer" } } } }, { at: ["integer"] }], // prettier-ignore
    ["several choices", { type: "array", items: { enum: ["a", "b"] } }, { choices: ["a", "b"] }],
    ["members with one value each are a choice", { anyOf: [{ const: "a" }, { const: "b" }, { type: "null" }] }, { choice: ["a", "b", null] }], // prettier-ignore
    ["a type or null, as zod writes it", { anyOf: [{ type: "number" }, { type: "null" }] }, { union: ["number", "none"] }], // prettier-ignore
    ["a type or null, as a list", { type: ["string", "null"] }, { union: ["text", "none"] }],
    ["a tagged union", { oneOf: [circle, box] }, { union: ["circle", "box"] }],
    ["titles", { anyOf: [{ ...circle, title: "Round" }, box] }, { union: ["Round", "box"] }],
    ["references", { $defs: { c: circle }, type: "array", items: { $ref: "#/$defs/c" } }, [{ kind: { choice: ["circle"] }, r: "number" }]], // prettier-ignore
    ["a reference to itself", { type: "object", properties: { child: { $ref: "#" } } }, null],
    ["any object", { type: "object" }, null],
    ["keys of any name", { type: "object", properties: {}, additionalProperties: { type: "number" } }, null],
    ["a tuple", { type: "array", items: [{ type: "number" }] }, null],
    ["any list", { type: "array" }, null],
    ["an unknown part", { type: "object", properties: { a: {}, b: { type: "string" } } }, null],
    ["all of", { allOf: [circle] }, null],
  ];
  it.each(cases)("[P10] %s", (_, schema, expected) => {
    expect(kinds(schema)).toEqual(expected);
  });
});

describe("the member of a union that a value belongs to", () => {
  const shape = shapeOf({ oneOf: [circle, box, { type: "null" }, { type: "string" }] });
  const options = shape?.kind === "union" ? shape.options : [];
  const cases: readonly (readonly [Json, number])[] = [
    [{ kind: "circle", r: 1 }, 0],
    [{ kind: "box", w: 1 }, 1],
    [{ kind: "box" }, 1],
    [{ kind: "box", r: 1 }, 1],
    [null, 2],
    ["text", 3],
  ];
  it.each(cases)("[P10] %j", (value, at) => {
    expect(memberOf(options, value)).toBe(at);
  });

  it("[P10] a new value of each member belongs to it", () => {
    expect(options.map(({ shape: own }) => memberOf(options, initialValue(own)))).toEqual([0, 1, 2, 3]);
  });
});

describe("the group of a parameter", () => {
  it.each([
    [{ name: "limit" }, null, "limit"],
    [{ name: "etl/limit" }, "etl", "limit"],
    [{ name: "etl/raw/limit" }, "etl/raw", "limit"],
    [{ name: "/limit" }, null, "/limit"],
    [{ name: "km/" }, null, "km/"],
    [{ name: "limit", group: "etl" }, "etl", "limit"],
    [{ name: "km/h", group: "speed" }, "speed", "km/h"],
    [{ name: "etl/limit", group: "etl" }, "etl", "limit"],
  ])("[P10] %j is in %s as %s", (param, group, label) => {
    expect(groupOf(param)).toEqual({ group, label });
  });

  it("[P10] folded groups are remembered per notebook", () => {
    const stored = new Map<string, string>();
    const storage = {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, text: string) => void stored.set(key, text),
    };
    const first = new FoldedGroups("a", () => storage);
    first.set("etl", true);
    first.set("when", true);
    first.set("when", false);
    expect([...new FoldedGroups("a", () => storage).get()]).toEqual(["etl"]);
    expect([...new FoldedGroups("b", () => storage).get()]).toEqual([]);
  });
});
