/** Dates and times of Temporal, native or of a polyfill: their content is in no property, and they count by their own text. */
import { types } from "node:util";
import { isObject, ownValue } from "../../values/own-members";

const UNITS = [
  "years",
  "months",
  "weeks",
  "days",
  "hours",
  "minutes",
  "seconds",
  "milliseconds",
  "microseconds",
  "nanoseconds",
];

/** The exact text of a Temporal value; undefined for anything else. Runs the methods of its class, never those of the object itself. */
export function temporalText(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!isObject(prototype) || types.isProxy(prototype)) return undefined;
  const tag = ownValue(prototype, Symbol.toStringTag);
  if (typeof tag !== "string" || !tag.startsWith("Temporal.")) return undefined;
  const write: unknown = ownValue(prototype, "toString");
  if (typeof write !== "function") return undefined;
  try {
    // The text of a duration adds up its seconds and fractions: 1 s and 1,000 ms are the same text, and different durations.
    const text =
      tag === "Temporal.Duration"
        ? UNITS.map((unit) => String(read(prototype, unit, value))).join(" ")
        : String(Reflect.apply(write, value, [{ calendarName: "always" }]));
    return `${tag} ${text}`;
  } catch {
    // An object that only has the prototype is not a date: its class refuses it.
    return undefined;
  }
}

function read(prototype: object, name: string, value: object): unknown {
  const property = Object.getOwnPropertyDescriptor(prototype, name);
  const getter: unknown = property && Reflect.get(property, "get");
  return typeof getter === "function" ? Reflect.apply(getter, value, []) : undefined;
}
