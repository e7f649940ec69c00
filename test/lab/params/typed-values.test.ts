/** What is typed into the form and what the command line gets mean the same: same digits, same instant; what cannot be kept is refused. */
import { describe, expect, test } from "vitest";
import { createPipeline, StagebookError } from "stagebook";
import type { Json, ParamView, View } from "stagebook/protocol";
import { RunOverrides } from "../../../kernel-lib/src/run/state/run-overrides";
import { createParamDefinition, decodeValue } from "../../../kernel-lib/src/stage/param";
import { decodePreset } from "../../../lab-extension/src/model/params/presets";
import { findProblem, numberTyped, toFormValue, toWireValue } from "../../../lab-extension/src/params/form-schema";
import { english } from "../stage/stage-fixture";

const initials = {
  number: 4.5,
  integer: 3,
  bigint: 2n ** 64n,
  day: new Date("2024-03-01"),
  time: new Date("2024-03-01T12:30:00Z"),
  json: { id: 1, list: [1] },
};
type Name = keyof typeof initials;

function viewOf(name: Name): ParamView {
  const { param, toJSON } = createPipeline({ store: "memory" });
  param<unknown>(name, initials[name], name === "integer" ? { step: 1 } : {});
  return (toJSON() as View).params[name] as ParamView;
}
const definitionOf = (name: Name) => createParamDefinition([name, initials[name], name === "integer" ? { step: 1 } : {}], null); // prettier-ignore

/** The value, or the reason for which it is refused. */
function typedInForm(name: Name, text: string): unknown {
  const view = viewOf(name);
  const isNumber = view.kind === "number" || view.kind === "integer";
  const value = isNumber ? numberTyped(text) : text;
  const problem = findProblem(view, value, english);
  if (problem !== null) return { problem };
  // As it crosses the wire.
  return decodeValue(definitionOf(name), JSON.parse(JSON.stringify(toWireValue(view, value))) as Json);
}

function givenBySet(name: Name, text: string): unknown {
  try {
    return RunOverrides.forRunning({ params: new Map([[name, { text }]]) }).valueFor(definitionOf(name))?.value;
  } catch (error) {
    expect(error).toBeInstanceOf(StagebookError);
    expect(error).toMatchObject({ code: "param-value" });
    return { problem: (error as Error).message };
  }
}

describe("[P12] the form and --set", () => {
  test.each<readonly [Name, string, unknown]>([
    ["number", "0.1", 0.1],
    ["number", "1e21", 1e21],
    ["number", "9007199254740992", 2 ** 53],
    ["number", "1e23", 1e23],
    ["json", '{ "id": 1e300, "list": [100000000000000000000] }', { id: 1e300, list: [1e20] }],
    ["integer", "7", 7],
    ["bigint", "9007199254740993", 9007199254740993n],
    ["bigint", "-123456789012345678901234567890", -123456789012345678901234567890n],
    ["bigint", "100000000000000000000", 10n ** 20n],
    ["bigint", "100000000000000000000000", 10n ** 23n],
    ["bigint", "+5", 5n],
    ["bigint", "5n", 5n],
    ["bigint", "007", 7n],
    ["day", "2024-06-30", new Date("2024-06-30T00:00:00Z")],
    ["day", "2024-06-30T23:30", new Date("2024-06-30T23:30:00Z")],
    ["time", "2024-06-30T23:30:05", new Date("2024-06-30T23:30:05Z")],
    ["time", "2024-06-30T23:30:05.25", new Date("2024-06-30T23:30:05.250Z")],
    ["time", "2024-06-30T23:30:05+02:00", new Date("2024-06-30T21:30:05Z")],
    ["json", '{ "id": 9007199254740992, "list": [] }', { id: 2 ** 53, list: [] }],
  ])("%s %s means the same", (name, text, value) => {
    expect(typedInForm(name, text)).toEqual(value);
    expect(givenBySet(name, text)).toEqual(value);
  });

  test.each<readonly [Name, string, RegExp]>([
    ["number", "9007199254740993", /9007199254740993 has more digits than a number keeps/],
    ["integer", "9007199254740993", /has more digits/],
    ["number", "1e400", /beyond the largest/],
    ["number", "1e-400", /below the smallest/],
    ["json", '{ "id": 9007199254740993, "list": [] }', /has more digits/],
    ["json", '{ "id": 1, "list": [[9007199254740993]] }', /has more digits/],
    ["bigint", "4.5", /whole number|must be a bigint/],
    ["bigint", "NaN", /whole number|must be a bigint/],
    ["bigint", "0x10", /whole number|must be a bigint/],
    ["day", "2024-02-30", /2024-02-30"? is not a day of the calendar/],
    ["time", "2024-02-30T10:00", /is not a day of the calendar/],
    ["day", "yesterday", /is not a date such as/],
    ["day", "NaN", /is not a date such as/],
    ["day", "1709251200000", /is not a date such as/],
    ["time", "2024-03-01T25:00", /no valid time/],
  ])("%s %s is refused with the reason", (name, text, reason) => {
    expect(typedInForm(name, text)).toMatchObject({ problem: expect.stringMatching(reason) as string });
    expect(givenBySet(name, text)).toMatchObject({ problem: expect.stringMatching(reason) as string });
  });

  test.each<readonly [Name, string, string]>([
    ["number", "NaN", "must be number"],
    ["number", "Infinity", "must be number"],
    ["number", "0x10", "must be number"],
    ["integer", "1.5", "must be integer"],
  ])("%s %s, which the control does not take, is refused by --set", (name, text, reason) => {
    expect(givenBySet(name, text)).toMatchObject({ problem: expect.stringContaining(reason) as string });
  });

  test("what the form shows is what it sends, to the millisecond and to the last digit", () => {
    for (const [name, value] of [
      ["time", "2024-06-30T23:30:05.007Z"],
      ["time", "2024-06-30T00:00:00.000Z"],
      ["bigint", "-98765432109876543210"],
    ] as const) {
      const view = { ...viewOf(name), value };
      expect(toWireValue(view, toFormValue(view, value))).toBe(value);
    }
  });
});

describe("[P1] bigints and dates as choices", () => {
  const choice = (initial: unknown, choices: readonly unknown[]) => createParamDefinition(["c", initial, { choices }], null); // prettier-ignore
  const set = (text: string, definition: ReturnType<typeof choice>): unknown =>
    RunOverrides.forRunning({ params: new Map([["c", { text }]]) }).valueFor(definition)?.value;

  test("they are chosen by what the list shows, and keep their type", () => {
    const big = choice(1n, [1n, 2n ** 70n]);
    expect(big.schema).toMatchObject({ kind: "choice", json: { enum: ["1", String(2n ** 70n)] } });
    expect(set(String(2n ** 70n), big)).toBe(2n ** 70n);
    expect(() => set("3", big)).toThrow("must be one of 1n, 1180591620717411303424n");
    expect(big.schema.check("1")).toMatch(/must be one of/);
    const days = choice(new Date("2024-01-01"), [new Date("2024-01-01"), new Date("2024-07-01")]);
    expect(decodeValue(days, "2024-07-01T00:00:00.000Z")).toEqual(new Date("2024-07-01"));
    expect(days.schema.check(new Date("2024-07-02"))).toMatch(/must be one of/);
  });
});

test("[P12] a preset with a number that would not be kept is refused, and one with a bigint is exact", () => {
  expect(decodePreset('{ "n": 9007199254740993 }')).toBeNull();
  expect(decodePreset('{ "n": 9007199254740992 }')).toEqual({ name: "", values: { n: 2 ** 53 } });
  const { values = {} } = decodePreset('{ "big": "9007199254740993" }') ?? {};
  expect(decodeValue(definitionOf("bigint"), values.big ?? null)).toBe(9007199254740993n);
});
