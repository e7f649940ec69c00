/** Random numbers that a re-run repeats. Algorithm: sfc32 by Chris Doty-Humphrey (PractRand), seeded with 128 bits. */
import type { Digest } from "../../protocol";

/** Numbers in [0, 1), the same ones for the same digest. The seed is asked for when the first one is drawn. */
export function createRandom(seed: () => Digest): () => number {
  let draw: (() => number) | undefined;
  return () => (draw ??= sfc32(seed()))();
}

function sfc32(seed: Digest): () => number {
  let [a, b, c, d] = [0, 8, 16, 24].map((at) => parseInt(seed.slice(at, at + 8), 16) | 0) as [
    number,
    number,
    number,
    number,
  ];
  return () => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
}
