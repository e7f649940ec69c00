/** Sets of parameter values: what is kept, shared and applied. */
import { describe, expect, it } from "vitest";
import {
  currentValues,
  decodePreset,
  encodePreset,
  fitPreset,
  withPreset,
} from "../../../lab-extension/src/model/presets";
import { createParam, createView } from "../stage/stage-fixture";

const view = createView([], [createParam("limit", 5), { ...createParam("shape", 0), kind: "other" }]);

describe("a preset", () => {
  it("[P10] has the value of every parameter that can be edited, and comes back from its JSON", () => {
    const preset = { name: "strong", values: currentValues(view) };
    expect(preset.values).toEqual({ limit: 5 });
    expect(decodePreset(encodePreset(preset))).toEqual(preset);
  });

  it("is also a plain object of values; anything else is none", () => {
    expect(decodePreset('{"limit": 7}')).toEqual({ name: "", values: { limit: 7 } });
    for (const text of ["", "[1]", "7", "null", "{", '{"stagebookPreset": 2, "values": {}}', '{"stagebookPreset": 1}'])
      expect(decodePreset(text), text).toBeNull();
  });

  it("[P1] is applied as far as the notebook has its parameters, and names the others", () => {
    const values = { limit: 7, gone: 1, shape: 2, constructor: 3 };
    expect(fitPreset(view, { name: "", values })).toEqual({
      values: { limit: 7 },
      unknown: ["gone", "shape", "constructor"],
    });
  });

  it("takes the place of one of the same name, in order of name", () => {
    const presets = [{ name: "b", values: { limit: 1 } }];
    const more = withPreset(withPreset(presets, { name: "a", values: {} }), { name: "b", values: { limit: 2 } });
    expect(more).toEqual([
      { name: "a", values: {} },
      { name: "b", values: { limit: 2 } },
    ]);
  });
});
