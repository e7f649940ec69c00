/** The first place where two values differ, as a path and two short texts. For the self-audit, after their digests differed. */
import { types } from "node:util";
import { textOfValue } from "./describe";
import { digestValue } from "./values/canonical";
import { joinSteps, mapStep, propertyStep, setStep } from "./values/value-path";

export interface ValueDifference {
  /** `rows[3].x`; empty when the values differ as a whole. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** A part of both values, or of one of them. */
interface Step {
  readonly step: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Absent on one side. */
const absent = Symbol("absent");
/** Deeper values are compared as a whole. */
const MAX_DEPTH = 200;

/** Undefined when the values have equal digests. */
export function findDifference(before: unknown, after: unknown): ValueDifference | undefined {
  if (isEqual(before, after)) return undefined;
  const steps: string[] = [];
  let pair: { readonly before: unknown; readonly after: unknown } = { before, after };
  while (steps.length < MAX_DEPTH) {
    const next = partsOf(pair.before, pair.after)?.find((part) => !isEqual(part.before, part.after));
    if (!next) break;
    steps.push(next.step);
    pair = next;
  }
  return { path: joinSteps("", steps), before: textOf(pair.before), after: textOf(pair.after) };
}

/** The parts of two values of the same shape; undefined for values that have no parts, or other kinds of parts. */
function partsOf(before: unknown, after: unknown): readonly Step[] | undefined {
  if (typeof before !== "object" || typeof after !== "object" || before === null || after === null) return undefined;
  if (Object.getPrototypeOf(before) !== Object.getPrototypeOf(after)) return undefined;
  if (types.isMap(before) && types.isMap(after))
    return pairsOf(flat(before), flat(after), (at, all) => mapStep(at, all));
  if (types.isSet(before) && types.isSet(after)) return pairsOf([...before], [...after], setStep);
  if (ArrayBuffer.isView(before) && ArrayBuffer.isView(after) && "length" in before && "length" in after)
    return pairsOf(before as unknown as ArrayLike<unknown>, after as unknown as ArrayLike<unknown>, propertyStep);
  const names = new Set([...Reflect.ownKeys(before), ...Reflect.ownKeys(after)]);
  const read = (from: object, name: PropertyKey): unknown =>
    Object.hasOwn(from, name) ? (from as Record<PropertyKey, unknown>)[name] : absent;
  return [...names].map((name) => ({ step: propertyStep(name), before: read(before, name), after: read(after, name) }));
}

function pairsOf(
  before: ArrayLike<unknown>,
  after: ArrayLike<unknown>,
  step: (at: number, all: readonly unknown[]) => string,
): readonly Step[] {
  const all = Array.from(before.length >= after.length ? before : after);
  return all.map((_, at) => ({
    step: step(at, all),
    before: at < before.length ? before[at] : absent,
    after: at < after.length ? after[at] : absent,
  }));
}

const flat = (map: ReadonlyMap<unknown, unknown>): readonly unknown[] => [...map].flat();

function isEqual(before: unknown, after: unknown): boolean {
  if (before === absent || after === absent) return before === after;
  try {
    return digestValue(before) === digestValue(after);
  } catch {
    // Values without a canonical form cannot be digested: compare them by identity.
    return Object.is(before, after);
  }
}

function textOf(value: unknown): string {
  return value === absent ? "absent" : textOfValue(value);
}
