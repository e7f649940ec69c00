/** Statistics of many numbers: minimum, maximum, mean, histogram. Pure. */
import type { NumberFigures, NumbersPreview } from "../protocol";
import { nextMean } from "../table/running-mean";

/** More would block the kernel noticeably. */
const SAMPLED = 1_000_000;
const FIRST = 100;
const BINS = 24;

/** The preview of an array of numbers. */
export function previewNumbers(numbers: ArrayLike<number>): NumbersPreview {
  const sampled = Math.min(numbers.length, SAMPLED);
  const finite = new Float64Array(sampled);
  let kept = 0;
  for (let at = 0; at < sampled; at++) {
    const number = numbers[at];
    if (Number.isFinite(number)) finite[kept++] = number as number;
  }
  const figures = figuresOf(finite.subarray(0, kept));
  return {
    kind: "numbers",
    type: numbers.constructor.name,
    count: numbers.length,
    sampled,
    notFinite: sampled - kept,
    ...(figures ? { figures } : {}),
    first: Array.from({ length: Math.min(FIRST, numbers.length) }, (_, at) => numberText(numbers[at])),
  };
}

/** The statistics of finite numbers; undefined if there are none. */
export function figuresOf(finite: ArrayLike<number>): NumberFigures | undefined {
  if (finite.length === 0) return undefined;
  let [min, max, mean] = [Infinity, -Infinity, 0];
  for (let at = 0; at < finite.length; at++) {
    const number = finite[at] ?? 0;
    if (number < min) min = number;
    if (number > max) max = number;
    mean = nextMean(mean, number, at + 1);
  }
  return { min, max, mean, bins: binsOf(finite, min, max) };
}

function binsOf(finite: ArrayLike<number>, min: number, max: number): readonly number[] {
  // Halved, because the difference of two large numbers may be infinite.
  const width = (max / 2 - min / 2) / BINS;
  if (!(width > 0)) return [finite.length];
  const bins = new Array<number>(BINS).fill(0);
  for (let at = 0; at < finite.length; at++) {
    const bin = Math.min(BINS - 1, Math.floor(((finite[at] ?? 0) / 2 - min / 2) / width));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return bins;
}

function numberText(number: unknown): string {
  return Object.is(number, -0) ? "-0" : String(number);
}
