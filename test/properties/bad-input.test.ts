/** Misuse: each is a StagebookError with a code and advice, at definition where possible, and loses nothing. */
import { expect, test } from "vitest";
import { computed, createPipeline, file, resource, StagebookError } from "stagebook";
import { createScript, type Script } from "../run/script";

/** The functions of the public API, for arguments that its types forbid. */
interface Loose {
  readonly stage: (...args: readonly unknown[]) => { (): Promise<unknown>; run(): Promise<unknown> };
  readonly param: (...args: readonly unknown[]) => unknown;
}

const loose = ({ p }: Script): Loose => p as unknown as Loose;

const circle: Record<string, unknown> = { n: 1 };
circle.self = circle;
const ring: unknown[] = [];
ring.push([ring]);

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** The misuse, the code, and what the message contains. */
const misuses: readonly (readonly [what: string, code: string, message: RegExp, act: (script: Script) => unknown])[] = [
  ...[
    ["an empty name", "", /is empty/],
    ["a blank name", "  ", /is empty/],
    ["__proto__ as a name", "__proto__", /is reserved/],
    ["constructor as a name", "constructor", /is reserved/],
    ["prototype as a name", "prototype", /is reserved/],
    ["a name of 201 characters", "n".repeat(201), /longer than 200/],
    ["a number as a name", 7, /is a number/],
    ["null as a name", null, /is null/],
    ["no name", undefined, /is a undefined/],
    ["a symbol as a name", Symbol("s"), /is a symbol/],
  ].flatMap(([what, name, message]): (typeof misuses)[number][] => [
    [`${String(what)} of a stage`, "name", message as RegExp, (script) => loose(script).stage(name, () => 1)],
    [`${String(what)} of a parameter`, "name", message as RegExp, (script) => loose(script).param(name, 1)],
  ]),
  ["a stage without arguments", "name", /name of a stage/, (script) => loose(script).stage()],
  ["a stage without a function", "stage-function", /"x" has no function/, (script) => loose(script).stage("x")],
  ["a text as the function", "stage-function", /"x" has no function/, (script) => loose(script).stage("x", {}, "f")],
  [
    "a stage as the function",
    "stage-function",
    /"x"/,
    (script) => {
      const a = script.p.stage("a", () => 1);
      return loose(script).stage("x", a);
    },
  ],
  ["a class", "stage-function", /"x".*is a class/, (script) => loose(script).stage("x", class Model {})],
  [
    "a native function",
    "stage-function",
    /"x".*is a built-in function/,
    (script) => loose(script).stage("x", Math.max),
  ],
  [
    "a native function with inputs",
    "stage-function",
    /"x".*is a built-in function/,
    (script) => loose(script).stage("x", [1], parseInt),
  ],
  [
    "a revoked proxy as the function",
    "stage-function",
    /"x"/,
    (script) => {
      const { proxy, revoke } = Proxy.revocable(() => 1, {});
      revoke();
      return loose(script).stage("x", proxy);
    },
  ],
  [
    "an unknown option",
    "stage-options",
    /unknown option "cahce"/,
    (script) => loose(script).stage("x", () => 1, { cahce: false }),
  ],
  ["options that are a text", "stage-options", /not an object/, (script) => loose(script).stage("x", () => 1, "no")],
  ["options that are null", "stage-options", /not an object/, (script) => loose(script).stage("x", {}, () => 1, null)],
  ...Object.entries({
    cache: "no",
    version: 2,
    seed: {},
    description: 1,
    logged: "a",
    outputs: [],
    codec: {},
    extra: "all",
  }).map(([option, value]): (typeof misuses)[number] => [
    `a bad ${option}`,
    "stage-options",
    new RegExp(option),
    (script) => loose(script).stage("x", () => 1, { [option]: value }),
  ]),
  ...Object.entries({
    "one output twice": { outputs: ["a", "a"] },
    "an output without a name among the options": { outputs: ["a", ""] },
    "an endless seed": { seed: Infinity },
    "an input to log that is none": { logged: ["limit", "limt"] },
  }).map(([what, options]): (typeof misuses)[number] => [
    what,
    "stage-options",
    /outputs is|seed is|logged names "limt"/,
    (script) => loose(script).stage("x", { limit: 1 }, () => 1, options),
  ]),
  [
    "a promise as an input",
    "input-promise",
    /input a is a promise/,
    (script) => loose(script).stage("x", { a: Promise.resolve(1) }, () => 1),
  ],
  [
    "a promise deep in the inputs",
    "input-promise",
    /input a\.0\.b is a promise/,
    (script) => loose(script).stage("x", { a: [{ b: Promise.resolve(1) }] }, () => 1),
  ],
  [
    "a call in place of a stage",
    "input-promise",
    /input a is a promise/,
    (script) => {
      const a = script.p.stage("a", () => 1);
      return loose(script).stage("x", { a: a() }, () => 1);
    },
  ],
  [
    "circular inputs",
    "input-cycle",
    /input self contains itself/,
    (script) => loose(script).stage("x", circle, () => 1),
  ],
  [
    "a circular array",
    "input-cycle",
    /input 0\.0 contains itself/,
    (script) => loose(script).stage("x", ring, () => 1),
  ],
  [
    "a stage of another pipeline",
    "foreign-input",
    /input other belongs to another pipeline/,
    (script) =>
      loose(script).stage("x", { other: createPipeline({ store: "memory" }).stage("other", () => 1) }, () => 1),
  ],
  [
    "a parameter of another pipeline",
    "foreign-input",
    /input list\.0 belongs/,
    (script) => loose(script).stage("x", { list: [createPipeline({ store: "memory" }).param("other", 1)] }, () => 1),
  ],
  [
    "a part of a stage of another pipeline",
    "foreign-input",
    /input part belongs/,
    (script) =>
      loose(script).stage(
        "x",
        {
          part: createPipeline({ store: "memory" })
            .stage("o", () => ({ a: 1 }))
            .output("a"),
        },
        () => 1,
      ),
  ],
  [
    "a revoked proxy as an input",
    "input-proxy",
    /input a /,
    (script) => loose(script).stage("x", { a: revoked() }, () => 1),
  ],
  ["a revoked proxy as all inputs", "input-proxy", /input/, (script) => loose(script).stage("x", revoked(), () => 1)],
  [
    "a parameter that nothing can tell from another one",
    "not-keyable",
    /cache cannot be compared.*a WeakMap/,
    (script) => loose(script).param("cache", new WeakMap()),
  ],
  [
    "the same deep in a parameter",
    "not-keyable",
    /tools\.cache.*a WeakMap/,
    (script) => loose(script).param("tools", { cache: new WeakMap() }),
  ],
  [
    "a proxy as a parameter",
    "not-keyable",
    /trap cannot be compared: a proxy/,
    (script) => loose(script).param("trap", new Proxy({ a: 1 }, {})),
  ],
  ["a parameter without a default", "param-value", /"x" has no default/, (script) => loose(script).param("x")],
  ["a default below its limit", "param-value", /"x".*>= 5/, (script) => loose(script).param("x", 1, { min: 5 })],
  [
    "a default that is not a choice",
    "param-value",
    /"x".*must be one of/,
    (script) => loose(script).param("x", "c", { choices: ["a", "b"] }),
  ],
  ...Object.entries({
    "an unknown parameter option": [{ minimum: 1 }, /unknown option "minimum"/],
    "limits that are crossed": [{ min: 9, max: 1 }, /min 9 is greater than max 1/],
    "a step of 0": [{ step: 0 }, /step is not positive/],
    "a limit that is a text": [{ min: "1" }, /min is not a number/],
    "a limit that is NaN": [{ max: NaN }, /max is not a number/],
    "no choices": [{ choices: [] }, /choices/],
    "choices that are a text": [{ choices: "abc" }, /choices/],
    "tracked as a text": [{ tracked: "no" }, /tracked/],
    "an invalid schema": [{ schema: { type: "nubmer" } }, /not valid JSON Schema/],
    "parameter options that are a list": [[1], /not an object/],
  } as const).map(([what, [options, message]]): (typeof misuses)[number] => [
    what,
    "param-options",
    message,
    (script) => loose(script).param("x", 4, options),
  ]),
  ["computed without a function", "computed-function", /needs a function/, () => computed(5 as never)],
  ["a resource without a function", "resource-function", /no function/, () => resource("db", 5 as never)],
  ["a resource without a name", "name", /resource is empty/, () => resource("", () => 1)],
  ["a file without a path", "file-path", /path/, () => file("")],
  [
    "an unknown option of createPipeline",
    "pipeline-options",
    /"stroe"/,
    () => createPipeline({ stroe: "none" } as never),
  ],
  [
    "a stage called with arguments",
    "stage-arguments",
    /with arguments/,
    (script) => (script.p.stage("x", () => 1) as unknown as (value: number) => unknown)(5),
  ],
  ...(
    [
      [{ jobs: 0 }, /jobs is not/],
      [{ jobs: NaN }, /jobs is not/],
      [{ jobs: "2" }, /jobs is not/],
      [{ forse: true }, /unknown option "forse"/],
      [{ signal: 5 }, /signal is not/],
      [null, /not an object/],
    ] as const
  ).flatMap(([options, message]): (typeof misuses)[number][] => [
    [
      `run(${JSON.stringify(options)}) of a stage`,
      "run-options",
      message,
      ({ p }) => p.stage("x", () => 1).run(options as never),
    ],
    [`run(${JSON.stringify(options)}) of the pipeline`, "run-options", message, ({ p }) => p.run(options as never)],
  ]),
  ["a target that is not a string", "run-options", /target is not/, ({ p }) => p.run({ target: 5 as never })],
  [
    "a target that is not defined",
    "stage-unknown",
    /stage "nope" does not exist/,
    ({ p }) => p.run({ target: ["kept", "nope"] }),
  ],
  ["a plan of a stage that is not defined", "stage-unknown", /stage "nope" does not exist/, ({ p }) => p.plan("nope")],
  [
    "with() without values",
    "param-values",
    /needs an object of values/,
    ({ p }) => p.stage("x", () => 1).with(5 as never),
  ],
  [
    "an unknown option of a resource",
    "resource-options",
    /unknown option "clsoe"/,
    () => resource("db", () => 1, { clsoe: () => undefined } as never),
  ],
  [
    "an output without a name",
    "output-name",
    /needs the name of an output/,
    (script) => script.p.stage("x", () => ({ a: 1 })).output("" as never),
  ],
  [
    "a selection without a function",
    "select-function",
    /needs a function/,
    (script) => script.p.stage("x", () => 1).select(5 as never),
  ],
];

test.each(misuses)("[Y1] [Y2] %s is an error where it is written", async (_what, code, message, act) => {
  const script = createScript();
  const { p, log } = script;
  const limit = p.param("limit", 2);
  const kept = p.stage("kept", { limit }, ({ limit }) => limit * 2);
  expect(await kept()).toBe(4);
  log();
  let error: unknown;
  try {
    const made = act(script);
    if (made instanceof Promise) await made;
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(StagebookError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
  expect((error as StagebookError).advice.length).toBeGreaterThan(8);
  // Nothing is lost: what was there is there, current, and follows its parameter.
  expect(p.graph().nodes).not.toContain("");
  expect(p.params).toEqual({ limit: 2 });
  expect(await kept()).toBe(4);
  expect(log().filter((line) => line.startsWith("kept"))).toEqual(["kept cached"]);
  limit.set(5);
  expect(await kept()).toBe(10);
});

test("[Y2] an invalid definition leaves the valid one of that name in place", async () => {
  const script = createScript();
  const a = script.p.stage("a", () => 1);
  expect(() => loose(script).stage("a", { b: Promise.resolve(1) }, () => 2)).toThrow(/is a promise/);
  expect(() => loose(script).stage("a", () => 2, { cache: 1 })).toThrow(/cache/);
  expect(await a()).toBe(1);
});

test("[Y1] a value of the wrong type or out of range is an error that names the parameter, and the old value stays", () => {
  const { p } = createScript();
  const limit = p.param("limit", 5, { min: 0, max: 10 });
  for (const bad of [11, -1, "6", null, NaN, undefined, [5]])
    expect(() => limit.set(bad as number), String(bad)).toThrow(/parameter "limit"/);
  expect(limit.value).toBe(5);
});

test("[Y7] a revoked proxy in a closure is listed as untracked, and the stage runs", async () => {
  const { p } = createScript();
  const make = (gone: object) => () => typeof gone;
  const a = p.stage("a", make(revoked()));
  expect((await a.plan()).rows).toMatchObject([{ action: "run", untracked: [expect.stringMatching(/gone: a proxy/)] }]);
  expect(await a()).toBe("object");
});

test("[Y1] an input without comparable content is an error with its path when planned, and other stages still run", async () => {
  const { p, log } = createScript();
  const socket = new WeakMap();
  const bad = p.stage("bad", { options: { deep: new Map([["a", socket]]) } }, () => 1);
  const good = p.stage("good", () => 2);
  expect((await bad.plan()).rows).toMatchObject([
    { action: "blocked", reasons: [expect.stringMatching(/options\.deep\.get\("a"\).*a WeakMap/)] },
  ]);
  await expect(bad()).rejects.toMatchObject({ code: "not-keyable", stage: "bad" });
  log();
  expect(await good()).toBe(2);
  expect(log()).toEqual(["good running", "good succeeded"]);
});
