/** Numbers and dates as they are typed: kept exactly, or refused with the reason. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  digitsIn,
  inexactnessOf,
  inexactNumberIn,
  parseExactJson,
  readDate,
  withNumbers,
  type Json,
} from "stagebook/protocol";

describe("[P1] a number that is typed is kept, or refused with the reason", () => {
  test.each([
    "0",
    "-0",
    "1",
    "4.5",
    "0.1",
    "1e3",
    "9007199254740991",
    "9007199254740992",
    "-9007199254740994",
    "1e21",
    "100000000000000000000",
    "1.50",
    "0.30000000000000004",
    "1e-5",
    "5e-324",
    "0e999",
    "0.000",
    "9007199254740994.0",
    "90071992547409920e-1",
  ])("%s is kept", (text) => {
    // prettier-ignore
    expect(inexactnessOf(text)).toBeNull();
  });

  test.each([
    ["9007199254740993", /would become 9007199254740992\. .* bigint/],
    ["-9007199254740993", /would become -9007199254740992/],
    ["9007199254740993.0", /would become/],
    ["9007199254740993.5", /would become/],
    ["9007199254740993e0", /would become/],
    ["900719925474099.3e1", /would become/],
    ["123456789012345678901234567890", /would become/],
    ["1e400", /beyond the largest number/],
    ["1e-400", /below the smallest number/],
  ])("%s is refused", (text, reason) => {
    expect(inexactnessOf(text)).toMatchObject({ text, reason: expect.stringMatching(reason) as string });
  });

  test("an integer is kept if and only if reading it back gives its digits", () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 70n), 2n ** 70n), (integer) => {
        const isKept = BigInt(Number(integer)) === integer || String(Number(integer)) === String(integer);
        expect(inexactnessOf(String(integer)) === null).toBe(isKept);
      }),
    );
  });

  test("every number that JavaScript writes is kept, and JSON with only such numbers is read as it is", () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(inexactnessOf(String(number))).toBeNull();
      })); // prettier-ignore
    const numbers = (json: string): Json => withNumbers(parseExactJson(json), ({ text }) => { throw new Error(text); }); // prettier-ignore
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(numbers(json)).toEqual(JSON.parse(json));
      }),
    );
  });

  test("numbers within JSON are found at any depth, never within texts", () => {
    const json = '{ "id": 9007199254740993, "text": "9007199254740993 \\" 9007199254740993", "list": [1, [1e23]] }';
    const value = parseExactJson(json) as { readonly id: Json; readonly text: Json; readonly list: Json };
    expect(digitsIn(value.id)).toBe("9007199254740993");
    expect(value.text).toBe('9007199254740993 " 9007199254740993');
    const refuse = ({ text }: { readonly text: string }): never => {
      throw new Error(text);
    };
    expect(withNumbers(value.list, refuse)).toEqual([1, [1e23]]);
    expect(() => withNumbers({ ...value }, refuse)).toThrow("9007199254740993");
    expect(inexactNumberIn(json)?.text).toBe("9007199254740993");
    expect(inexactNumberIn('["9007199254740993"]')).toBeNull();
    expect(() => parseExactJson("{ 9007199254740993 }")).toThrow(SyntaxError);
  });
});

describe("[P1] a date that is typed is one instant everywhere, or refused with the reason", () => {
  test.each([
    ["2024-03-01", "2024-03-01T00:00:00.000Z"],
    ["2024-03-01T12:30", "2024-03-01T12:30:00.000Z"],
    ["2024-03-01 12:30:15", "2024-03-01T12:30:15.000Z"],
    ["2024-03-01T12:30:15.5", "2024-03-01T12:30:15.500Z"],
    ["2024-03-01T12:30:15.123456Z", "2024-03-01T12:30:15.123Z"],
    ["2024-03-01T12:30:00+02:00", "2024-03-01T10:30:00.000Z"],
    ["2024-03-01T00:30-0530", "2024-03-01T06:00:00.000Z"],
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["0001-01-01", "0001-01-01T00:00:00.000Z"],
    ["+010000-01-01", "+010000-01-01T00:00:00.000Z"],
  ])("%s is %s, whatever the time zone of the machine", (text, iso) => {
    const before = process.env.TZ;
    for (const zone of ["UTC", "Asia/Tokyo", "America/St_Johns"]) {
      process.env.TZ = zone;
      expect(readDate(text)).toEqual({ iso });
    }
    process.env.TZ = before;
    if (before === undefined) delete process.env.TZ;
  });

  test.each([
    ["2024-02-30", /not a day of the calendar/],
    ["2023-02-29", /not a day of the calendar/],
    ["2024-13-01", /not a day of the calendar/],
    ["2024-00-10", /not a day of the calendar/],
    ["2024-04-31T10:00", /not a day of the calendar/],
    ["2024-03-01T24:00", /no valid time/],
    ["2024-03-01T12:60", /no valid time/],
    ["2024-03-01T23:59:60Z", /no valid time/],
    ["2024-03-01T12:00+25:00", /no valid zone/],
    ["2024-03-01T12:00 CET", /not a date such as/],
    ["-000000-01-01", /no valid year/],
    ["+275761-01-01", /calendar|beyond/],
    ["March 1, 2024", /not a date such as/],
    ["01/02/2024", /not a date such as/],
    ["2024", /not a date such as/],
    ["1709251200000", /not a date such as/],
    ["NaN", /not a date such as/],
    ["", /not a date such as/],
  ])("%j is refused", (text, problem) => {
    expect(readDate(text)).toEqual({ problem: expect.stringMatching(problem) as string });
  });

  test("what a date is written as is read as that date", () => {
    fc.assert(fc.property(fc.date({ noInvalidDate: true }), (date) => {
        expect(readDate(date.toISOString())).toEqual({ iso: date.toISOString() });
      })); // prettier-ignore
  });
});
