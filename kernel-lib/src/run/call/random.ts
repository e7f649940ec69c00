/** Reproducible random numbers. Algorithm: sfc32 by Chris Doty-Humphrey (PractRand), seeded with 128 bits. */
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import type { StageDefinition } from "../../stage/definition";

/**
 * The seed of a stage's random numbers. `key`: of the result; without the upstream outputs when one of them is a stream that may not
 * be known yet.
 */
export function seedOf({ seed }: Pick<StageDefinition, "seed">, key: Digest): Digest {
  return digestOf(`${key} ${seed ?? ""}`);
}

/** The seed of the random numbers of one item of an `each`, counted from 0. */
export function itemSeed(seed: Digest, nth: number): Digest {
  return digestOf(`${seed} item ${nth}`);
}

/** Numbers in [0, 1), the same for the same digest. The seed is computed when the first number is drawn. */
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
