/**
 * A part of a slow test's cases: `npm test` takes some, `npm run test:heavy` all. It runs every test file that imports this module besides
 * those in `test/heavy`.
 */
export const isHeavy = process.env.STAGEBOOK_TESTS === "heavy";

/** `count` of the cases, evenly spread and in their order, the first among them; all cases in a heavy run. */
export function part<T>(cases: readonly T[], count: number): readonly T[] {
  if (isHeavy || count >= cases.length) return cases;
  return Array.from({ length: Math.ceil(count) }, (_, nth) => cases[Math.floor((nth * cases.length) / count)] as T);
}

/** Repeats, sizes and the like: the first in `npm test`, the second in a heavy run. */
export function orHeavy<T, H = T>(light: T, heavy: H): T | H {
  return isHeavy ? heavy : light;
}
