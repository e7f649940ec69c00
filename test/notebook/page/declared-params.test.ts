/** What the source of a cell says about its parameters: types become controls, doc comments become descriptions. */
import ts from "@tslab/typescript-for-tslab";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDeclaredParams } from "../../../kernel-lib/src/notebook/tslab/declared-params";
import { createParamDefinition, type DeclaredParam } from "../../../kernel-lib/src/stage/param";
import { openNotebook, type Notebook } from "../../rig/kernel/notebook";

const library = `
interface Param<T> { readonly name: string; readonly value: T }
declare const param: <T, const C extends T = T>(name: string, initial: T, options?: { choices?: readonly C[] }) => Param<C>;
declare const start: any;
`;

const options = { target: ts.ScriptTarget.ES2022, lib: ["lib.es2022.d.ts"], types: [] };
const host = ts.createCompilerHost(options);
const parse = host.getSourceFile.bind(host);
/** The declarations of the language are the same for all cells. */
const parsed = new Map<string, ts.SourceFile | undefined>();
const readFile: typeof parse = (name, ...rest) => {
  if (!parsed.has(name)) parsed.set(name, parse(name, ...rest));
  return parsed.get(name);
};

/** Compiles a cell as tslab does: without strict checks. */
function read(source: string): { readonly [name: string]: DeclaredParam } {
  const text: Record<string, string> = { "/cell.ts": source, "/library.d.ts": library };
  host.getSourceFile = (name, ...rest) =>
    text[name] === undefined ? readFile(name, ...rest) : ts.createSourceFile(name, text[name], ts.ScriptTarget.ES2022);
  const program = ts.createProgram(["/library.d.ts", "/cell.ts"], options, host);
  const file = program.getSourceFile("/cell.ts");
  if (!file) throw new Error("the cell was not compiled");
  return Object.fromEntries(readDeclaredParams({ ts, program, file }));
}

const schemaOf = (source: string) => read(source).p?.schema;

describe("the type of a parameter", () => {
  test.each([
    ["a union of texts", `param<"fast" | "exact">("p", "fast")`, ["fast", "exact"]],
    ["in the order of the source", `const first = "b"; param<"c" | "a" | "b">("p", "a")`, ["c", "a", "b"]],
    ["numbers", `param<4 | 1 | 2>("p", 1)`, [4, 1, 2]],
    ["an alias", `type Mode = "fast" | "exact"; param<Mode>("p", "fast")`, ["fast", "exact"]],
    ["an alias of aliases", `type A = "x"; type M = (A | "y"); type N = M | 3; param<N>("p", "x")`, ["x", "y", 3]],
    ["with null", `param<"a" | "b" | null>("p", null)`, ["a", "b", null]],
    ["with null in an alias", `type M = "a" | "b" | null; param<M>("p", "a")`, ["a", "b", null]],
    ["without undefined", `param<"a" | "b" | undefined>("p", "a")`, ["a", "b"]],
    ["true and a text", `param<true | "auto">("p", true)`, [true, "auto"]],
    ["keys of a type", `interface C { rows: 1; cols: 2 } param<keyof C>("p", "rows")`, ["rows", "cols"]],
    ["members of a list", `const m = ["a", "b"] as const; param<(typeof m)[number]>("p", "a")`, ["a", "b"]],
    ["an enum", `enum E { Low = 1, High = 5 } param<E>("p", E.Low)`, [1, 5]],
    ["an enum of texts", `enum E { Low = "l", High = "h" } param<E>("p", E.Low)`, ["l", "h"]],
    ["inferred from the default", `type M = "a" | "b"; const m: M = start; param("p", m as M)`, ["a", "b"]],
  ])("[P10] %s is a choice", (_, source, choices) => {
    expect(schemaOf(source)).toEqual({ enum: choices });
  });

  test.each([
    ["text", `param<string>("p", "a")`, { type: "string" }],
    ["text or undefined", `param<string | undefined>("p", "a")`, { type: "string" }],
    ["suggested texts", `param<"a" | (string & {})>("p", "a")`, { type: "string" }],
    ["absorbed texts", `param<"a" | string>("p", "a")`, { type: "string" }],
    ["a template", "param<`v${number}`>('p', 'v1')", { type: "string" }],
    ["a branded number", `param<number & { unit: "km" }>("p", start)`, { type: "number" }],
    ["a boolean", `param<boolean>("p", true)`, { type: "boolean" }],
    ["a number or null", `param<number | null>("p", null)`, { anyOf: [{ type: "number" }, { type: "null" }] }],
    ["a number or a text", `param<number | "auto">("p", 1)`, { anyOf: [{ type: "number" }, { const: "auto" }] }],
    ["a list", `param<string[]>("p", [])`, { type: "array", items: { type: "string" } }],
    ["a readonly list", `param<readonly ("a" | "b")[]>("p", [])`, { type: "array", items: { enum: ["a", "b"] } }],
    ["a tuple", `param<[number, number]>("p", [1, 2])`, { type: "array" }],
    ["by key", `param<Record<string, number>>("p", {})`, { type: "object", properties: {}, additionalProperties: { type: "number" } }], // prettier-ignore
  ])("[P10] %s", (_, source, schema) => {
    expect(schemaOf(source)).toEqual(schema);
  });

  test("[P10] an object has its properties, optional ones not required, with their doc comments", () => {
    const source = `
      interface Area {
        /** Degrees north. */
        lat: number;
        name?: "a" | "b"; tags: readonly string[]; of: Partial<{ x: 1 | 2 | null }> }
      param<Area>("p", start)`;
    expect(schemaOf(source)).toEqual({
      type: "object",
      properties: {
        lat: { type: "number", description: "Degrees north." },
        name: { enum: ["a", "b"] },
        tags: { type: "array", items: { type: "string" } },
        of: { type: "object", properties: { x: { enum: [1, 2, null] } } },
      },
      required: ["lat", "tags", "of"],
    });
  });

  test("[P10] a tagged union has a schema for each member", () => {
    const source = `
      type Shape = { kind: "circle"; r: number } | { kind: "box"; w: number };
      param<Shape>("p", { kind: "circle", r: 1 })`;
    const member = (kind: string, size: string) => ({
      type: "object",
      properties: { kind: { const: kind }, [size]: { type: "number" } },
      required: ["kind", size],
    });
    expect(schemaOf(source)).toEqual({ anyOf: [member("circle", "r"), member("box", "w")] });
  });

  test.each([
    ["a date", `param<Date>("p", new Date(0))`],
    ["a map", `param<Map<string, number>>("p", new Map())`],
    ["a class", `class Own { a = 1 } param<Own>("p", new Own())`],
    ["a function", `param<() => number>("p", () => 1)`],
    ["a bigint", `param<bigint>("p", start)`],
    ["an object with a date", `param<{ at: Date }>("p", start)`],
    ["a type that refers to itself", `interface Tree { children: Tree[] } param<Tree>("p", { children: [] })`],
    ["an inferred object", `param("p", { a: 1, b: ["x"] })`],
    ["an inferred text", `param("p", "fast")`],
    ["two definitions that differ", `if (start) param<"a" | "b">("p", "a"); else param<1 | 2>("p", 1);`],
    ["a call that returns no parameter", `declare const f: <T>(n: string, v: T) => T; f<"a" | "b">("p", "a")`],
  ])("[P10] %s has no schema", (_, source) => {
    expect(schemaOf(source)?.enum).toBeUndefined();
    expect(schemaOf(source)?.properties).toBeUndefined();
  });

  test("[P10] a call under another name, as a method, and with a name from a variable", () => {
    const found = read(`
      const own = { param }; const define = param; const name = "c";
      own.param<1 | 2>("a", 1); define<1 | 2>("b", 1); param<1 | 2>(name, 1);`);
    expect(Object.values(found).map(({ schema }) => schema)).toEqual(Array(3).fill({ enum: [1, 2] }));
    expect(Object.keys(found)).toEqual(["a", "b", "c"]);
  });
});

describe("the doc comment", () => {
  test.each([
    ["above a variable", `/** How exact. */\nconst mode = param("p", "fast");`],
    ["above a call", `/** How exact. */\nparam("p", "fast");`],
    ["above a property", `const all = {\n/** How exact. */\nmode: param("p", "fast") };`],
    ["with tags", `/**\n * How exact.\n * @see other\n */\nconst mode = param("p", "fast");`],
  ])("[P10] %s is the description", (_, source) => {
    expect(read(source).p?.description).toBe("How exact.");
  });

  test("[P10] other comments are none", () => {
    expect(read(`// How exact.\nconst mode = param("p", "fast");`).p?.description).toBeUndefined();
  });
});

describe("a definition with a type", () => {
  const typed = { schema: { enum: ["fast", "exact"] }, description: "from the comment" };

  test("[P10] has the choices of the type, and refuses others", () => {
    const { schema, description } = createParamDefinition(["p", "fast"], null, typed);
    expect(schema.kind).toBe("choice");
    expect(schema.check("exact")).toBeNull();
    expect(schema.check("other")).toBe(`must be one of "fast", "exact"`);
    expect(description).toBe("from the comment");
  });

  test("[P10] an option in code takes precedence", () => {
    const options = { choices: ["fast"], description: "from the option" };
    const { schema, description } = createParamDefinition(["p", "fast", options], null, typed);
    expect(schema.json).toEqual({ enum: ["fast"], description: "from the option" });
    expect(description).toBe("from the option");
    const own = { schema: { type: "string", maxLength: 9 } };
    expect(createParamDefinition(["p", "fast", own], null, typed).schema.json).toEqual(own.schema);
  });

  test("[P10] a default that the type does not allow is kept, without the type", () => {
    expect(createParamDefinition(["p", "else"], null, typed).schema.kind).toBe("string");
  });

  test("[P10] a plain type adds nothing: an integer stays one", () => {
    const { schema } = createParamDefinition(["p", 3, { step: 1 }], null, { schema: { type: "number" } });
    expect(schema.kind).toBe("integer");
  });
});

describe("in a running kernel", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
  });
  afterAll(() => notebook.kernel.stop());

  test("[P10] types of this cell and of an earlier one, after an await, and again after an edit", async () => {
    await notebook.cell("types", `type Mode = "fast" | "exact" | null;\ninterface Area { lat: number }`);
    await notebook.cell(
      "params",
      `await Promise.resolve();
      /** How exact. */
      const mode = param<Mode>("mode", "fast");
      const sides = param<1 | 2>("sides", 1);
      const area = param<Area>("area", { lat: 1 });`,
    );
    const { mode, sides, area } = notebook.view.params;
    expect(mode).toMatchObject({
      kind: "choice",
      schema: { enum: ["fast", "exact", null] },
      description: "How exact.",
    });
    expect(sides).toMatchObject({ kind: "choice", schema: { enum: [1, 2] } });
    expect(area?.schema).toEqual({ type: "object", properties: { lat: { type: "number" } }, required: ["lat"] });
    await notebook.cell("params", `const mode = param<"fast" | "slow">("mode", "fast");`);
    expect(notebook.view.params.mode?.schema).toEqual({ enum: ["fast", "slow"] });
    expect(await notebook.failing("set", `mode.set("exact" as any);`)).toContain(`must be one of "fast", "slow"`);
  });
});
