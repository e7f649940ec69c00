/** File names for names of any characters. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fileNameOf } from "../../../kernel-lib/src/store/records/file-name";
import { awkwardNames } from "../contract/contract";

/** A name as the worst file system sees it: it ignores case, Unicode form, and trailing dots and spaces. */
function confused(file: string): string {
  return file
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[. ]+$/, "");
}

describe("[C21] file names", () => {
  test("[C21] they stay readable", () => {
    expect(["quakes", "clean-rows_2", "cleanRows", "a/b.ipynb", "é", "", "CON", "con"].map(fileNameOf)).toEqual([
      ...["quakes", "clean-rows_2", "cleanRows~20", "a%2fb%2eipynb", "%c3%a9", "%", "%43ON~18", "%63on"],
    ]);
  });

  test("[C21] awkward names never collide", () => {
    const files = new Map(awkwardNames.map((name) => [confused(fileNameOf(name)), name]));
    expect([...files.values()]).toEqual(awkwardNames);
  });

  test("[C21] no two names collide, on any file system", () => {
    const name = fc.oneof(
      fc.string({ unit: fc.constantFrom("a", "A", "b", "/", ".", "%", "~", "2", "f", "e", "\u0301", "\ud800", "ß") }),
      fc.string({ unit: "binary" }),
      fc.constantFrom(...awkwardNames),
    );
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(confused(fileNameOf(one)) === confused(fileNameOf(other))).toBe(one === other);
      }),
      { numRuns: 20_000 },
    );
  });

  test("[C21] every one is a name of at most 120 plain characters, without a dot", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.constantFrom(...awkwardNames)), (name) => {
        expect(fileNameOf(name)).toMatch(/^[A-Za-z0-9_%~-]{1,120}$/);
        expect(fileNameOf(name)).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)$/i);
      }),
      { numRuns: 5000 },
    );
  });
});
