/** The form for the parameters: its schema, the conversion of values, and the drafts. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Json, ParamView } from "stagebook/protocol";
import {
  errorText,
  findProblem,
  formSchema,
  toFormValue,
  toWireValue,
} from "../../../lab-extension/src/params/form-schema";
import { DEBOUNCE_MS, ParamDrafts } from "../../../lab-extension/src/model/params/param-drafts";
import { numberRange } from "../../../lab-extension/src/model/params/param-schema";
import { english } from "../stage/stage-fixture";

function createParam(change: Partial<ParamView>): ParamView {
  return {
    name: "p",
    kind: "number",
    cell: null,
    schema: {},
    value: 4.5,
    default: 4.5,
    text: "",
    defaultText: "",
    overridden: false,
    tracked: true,
    ...change,
  };
}

describe("the schema of the form", () => {
  it("[P10] each parameter has a property with its type and limits, in order of definition, without defaults", () => {
    const schema = formSchema([
      createParam({ name: "min", schema: { type: "number", minimum: 0, maximum: 10, description: "d", default: 3 } }),
      createParam({ name: "region", kind: "choice", schema: { enum: ["world", "europe"] } }),
      createParam({ name: "bounds", kind: "json", schema: { type: "object" } }),
      createParam({ name: "since", kind: "date", schema: { type: "string", format: "date-time" } }),
      createParam({ name: "projection", kind: "other" }),
    ]);
    expect(schema).toEqual({
      type: "object",
      properties: {
        min: { type: "number", minimum: 0, maximum: 10 },
        region: { enum: ["world", "europe"] },
        bounds: { type: "string" },
        since: { type: "string" },
      },
      required: ["min", "region", "bounds", "since"],
    });
  });

  it("[P10] a value that goes into a control comes out unchanged", () => {
    const samples: readonly [ParamView["kind"], Json][] = [
      ["number", -0.5],
      ["boolean", false],
      ["string", ""],
      ["choice", { a: 1 }],
      ["json", { west: [1, null, "x"] }],
      ["date", "2018-01-31T00:00:00.000Z"],
      ["date", "2018-01-31T12:30:15.000Z"],
    ];
    for (const [kind, value] of samples) {
      const param = createParam({ kind, value, default: value });
      expect(toWireValue(param, toFormValue(param, value))).toEqual(value);
    }
  });

  it("a date at midnight shows only the day, any other date also its time", () => {
    const day = createParam({ kind: "date", value: "2018-01-31T00:00:00.000Z", default: "2018-01-31T00:00:00.000Z" });
    expect(toFormValue(day, day.value)).toBe("2018-01-31");
    expect(toFormValue({ ...day, default: "2018-01-01T08:00:00.000Z" }, day.value)).toBe("2018-01-31T00:00:00");
  });

  it("text that is not valid JSON or not a date is a problem", () => {
    expect(findProblem(createParam({ kind: "json" }), '{"a": 1', english)).toMatch(/^not valid JSON/);
    expect(findProblem(createParam({ kind: "json" }), '{"a": 1}', english)).toBeNull();
    expect(findProblem(createParam({ kind: "date" }), "", english)).toBe("enter a date");
    expect(findProblem(createParam({ kind: "number" }), undefined, english)).toBeNull();
  });

  it("the control of a number has its limits, and a step as fine as its values", () => {
    expect(numberRange(createParam({ schema: { minimum: 0, maximum: 10 } }))).toEqual({ min: 0, max: 10, step: 0.1 });
    expect(
      numberRange(createParam({ kind: "integer", schema: { exclusiveMinimum: 1 }, value: 3, default: 3 })),
    ).toEqual({ min: 1, step: 1 });
    expect(numberRange(createParam({ schema: { multipleOf: 0.25 } }))).toEqual({ step: 0.25 });
  });

  it("[P1] an invalid value has a readable message", () => {
    const text = (name: string, params: object): string => errorText({ name, params, stack: "" }, english);
    expect(text("maximum", { limit: 10 })).toBe("must be 10 or less");
    expect(text("minimum", { limit: 0 })).toBe("must be 0 or more");
    expect(text("type", { type: "integer" })).toBe("must be a whole number");
    expect(text("required", {})).toBe("enter a value");
  });
});

describe("drafts", () => {
  const param = createParam({});
  let sent: { readonly name: string; readonly value: Json; readonly settle: (error?: Error) => Promise<void> }[];
  let drafts: ParamDrafts;

  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    drafts = new ParamDrafts(
      (name, value) =>
        new Promise((resolve, reject) => {
          const settle = async (error?: Error): Promise<void> => {
            if (error) reject(error);
            else resolve(null);
            await vi.advanceTimersByTimeAsync(0);
          };
          sent.push({ name, value, settle });
        }),
    );
  });
  afterEach(() => vi.useRealTimers());

  const type = (value: Json, valid = true): void => drafts.type(param, value, valid ? () => value : null);
  const phase = (): string | undefined => drafts.get().p?.phase;

  it("[P10] a value is sent once, when typing pauses", () => {
    type(5);
    vi.advanceTimersByTime(DEBOUNCE_MS - 1);
    type(55);
    vi.advanceTimersByTime(DEBOUNCE_MS - 1);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sent.map(({ name, value }) => [name, value])).toEqual([["p", 55]]);
  });

  it("[P1] nothing is sent while the value is not valid, not even the value typed before it", () => {
    type(5);
    type(555, false);
    vi.advanceTimersByTime(10 * DEBOUNCE_MS);
    expect(sent).toEqual([]);
    expect(drafts.get().p).toMatchObject({ phase: "invalid", value: 555 });
  });

  it("a value that the kernel rejects stays, with the reason, until it is changed", async () => {
    type(13);
    vi.advanceTimersByTime(DEBOUNCE_MS);
    await sent[0]!.settle(new Error("bad luck"));
    expect(drafts.get().p).toMatchObject({ phase: "rejected", value: 13, message: "bad luck" });
    drafts.settle({ p: createParam({ value: 1 }) });
    expect(phase()).toBe("rejected");
    type(12);
    expect(drafts.get().p).toMatchObject({ phase: "typing", value: 12 });
    expect(drafts.get().p?.message).toBeUndefined();
  });

  it("an accepted value is shown until the view has it", async () => {
    type(5);
    vi.advanceTimersByTime(DEBOUNCE_MS);
    await sent[0]!.settle();
    drafts.settle({ p: param });
    expect(phase()).toBe("accepted");
    drafts.settle({ p: createParam({ value: 5 }) });
    expect(phase()).toBeUndefined();
  });

  it("a view that arrives while the user types changes nothing in the form", async () => {
    type(5);
    vi.advanceTimersByTime(DEBOUNCE_MS);
    type(52);
    await sent[0]!.settle();
    drafts.settle({ p: createParam({ value: 5 }) });
    expect(drafts.get().p).toMatchObject({ phase: "typing", value: 52 });
    vi.advanceTimersByTime(DEBOUNCE_MS);
    expect(sent.map(({ value }) => value)).toEqual([5, 52]);
  });

  it("a dropped draft is not sent; Enter sends immediately", () => {
    type(5);
    drafts.drop("p");
    vi.advanceTimersByTime(DEBOUNCE_MS);
    expect(sent).toEqual([]);
    type(6);
    drafts.flush();
    expect(sent.map(({ value }) => value)).toEqual([6]);
  });

  it("Enter sends a rejected value again", async () => {
    type(5);
    drafts.flush();
    await sent[0]!.settle(new Error("a run reads it"));
    drafts.flush();
    await sent[1]!.settle();
    expect(sent.map(({ value }) => value)).toEqual([5, 5]);
    expect(phase()).toBe("accepted");
  });

  it("while paused, values wait for Apply; resuming sends the waiting ones", () => {
    drafts.setPaused(true);
    type(5);
    vi.advanceTimersByTime(10 * DEBOUNCE_MS);
    expect(sent).toEqual([]);
    expect(drafts.pending()).toEqual({ p: 5 });
    drafts.flush();
    expect(sent.map(({ value }) => value)).toEqual([5]);
    type(6);
    drafts.setPaused(false);
    expect(sent.map(({ value }) => value)).toEqual([5, 6]);
  });

  it("[P10] the value of a slider is sent once, when it is released", () => {
    drafts.startDrag("p");
    type(5);
    vi.advanceTimersByTime(10 * DEBOUNCE_MS);
    type(6);
    vi.advanceTimersByTime(10 * DEBOUNCE_MS);
    expect(sent).toEqual([]);
    drafts.endDrag("p");
    expect(sent.map(({ value }) => value)).toEqual([6]);
    type(7);
    vi.advanceTimersByTime(DEBOUNCE_MS);
    expect(sent.map(({ value }) => value)).toEqual([6, 7]);
  });

  it("a value that is not valid or was rejected is not pending", async () => {
    type(5, false);
    expect(drafts.pending()).toEqual({});
    type(6);
    drafts.flush();
    expect(drafts.pending()).toEqual({ p: 6 });
    await sent[0]!.settle(new Error("no"));
    expect(drafts.pending()).toEqual({});
  });

  it("the draft of a removed parameter is dropped", () => {
    type(5, false);
    drafts.settle({});
    expect(drafts.get()).toEqual({});
  });
});
