/** Presets: what is stored, shared and applied. */
import { describe, expect, it } from "vitest";
import {
  currentValues,
  decodePreset,
  encodePreset,
  fitPreset,
  withPreset,
} from "../../../lab-extension/src/model/params/presets";
import { createParam, createView } from "../stage/stage-fixture";

const view = createView([], [createParam("limit", 5), { ...createParam("shape", 0), kind: "other" }]);

describe("a preset", () => {
  it("[P10] has the value of every parameter that can be edited, and is restored from its JSON", () => {
    const preset = { name: "strong", values: currentValues(view) };
    expect(preset.values).toEqual({ limit: 5 });
    expect(decodePreset(encodePreset(preset))).toEqual(preset);
  });

  it("may also be a plain object of values; anything else is rejected", () => {
    expect(decodePreset('{"limit": 7}')).toEqual({ name: "", values: { limit: 7 } });
    for (const text of ["", "[1]", "7", "null", "{", '{"stagebookPreset": 2, "values": {}}', '{"stagebookPreset": 1}'])
      expect(decodePreset(text), text).toBeNull();
  });

  it("[P1] is applied to the parameters that the notebook has, and names the others", () => {
    const values = { limit: 7, missing: 1, shape: 2, constructor: 3 };
    expect(fitPreset(view, { name: "", values })).toEqual({
      values: { limit: 7 },
      unknown: ["missing", "shape", "constructor"],
    });
  });

  it("replaces one of the same name; the list is sorted by name", () => {
    const presets = [{ name: "b", values: { limit: 1 } }];
    const more = withPreset(withPreset(presets, { name: "a", values: {} }), { name: "b", values: { limit: 2 } });
    expect(more).toEqual([
      { name: "a", values: {} },
      { name: "b", values: { limit: 2 } },
    ]);
  });
});
