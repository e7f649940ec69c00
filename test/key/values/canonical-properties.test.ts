/** The properties of the digest of values, over random values. A failure prints the seed and the smallest counterexample. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestValue } from "../../../kernel-lib/src/key/values/canonical";
import { sameValue } from "./same-value";
import { changes, cook, recipe } from "./value-recipes";

describe("[P5] the digest of a value", () => {
  test("[P5] [P6] equal values have equal digests; properties in another order are another value", () => {
    fc.assert(
      fc.property(recipe, (one) => {
        const [value, duplicateOf, turned] = [cook(one), cook(one), cook(one, true)];
        expect(sameValue(value, duplicateOf)).toBe(true);
        expect(digestValue(duplicateOf)).toBe(digestValue(value));
        expect(digestValue(turned) === digestValue(value)).toBe(sameValue(value, turned));
      }),
      { numRuns: 3000 },
    );
  });

  test("[P5] two values have equal digests exactly when they are equal", () => {
    fc.assert(
      fc.property(recipe, recipe, (one, other) => {
        const [a, b] = [cook(one), cook(other)];
        expect(digestValue(a) === digestValue(b)).toBe(sameValue(a, b));
      }),
      { numRuns: 3000 },
    );
  });

  test("[P5] a change in one place changes the digest", () => {
    let compared = 0;
    fc.assert(
      fc.property(recipe, (one) => {
        const [value, digest] = [cook(one), digestValue(cook(one))];
        for (const changed of changes(one).slice(0, 20)) {
          const other = cook(changed);
          compared++;
          expect(digestValue(other) === digest).toBe(sameValue(value, other));
        }
      }),
      { numRuns: 3000 },
    );
    expect(compared).toBeGreaterThan(3000);
  });
});
