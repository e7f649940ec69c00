/** Reproducible random numbers. Algorithm: sfc32 by Chris Doty-Humphrey (PractRand), seeded with 128 bits. */
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import type { StageDefinition } from "../../stage/definition";
import type { RandomStates } from "../checkpoints/kept-state";

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
  return new Sequence(seed).draw;
}

/** The random numbers of one call: those of its context, and those of `Math.random` in a stage that has a seed. */
export class CallRandom {
  private readonly context: Sequence;
  private readonly math: Sequence;
  private isKept = false;

  constructor(seed: () => Digest) {
    this.context = new Sequence(seed);
    this.math = new Sequence(seed);
  }

  get ofContext(): () => number {
    return this.context.draw;
  }

  get ofMath(): () => number {
    return this.math.draw;
  }

  /** Which numbers come next, for an execution that continues from here. */
  states(): RandomStates {
    this.isKept = true;
    return [this.context.state, this.math.state];
  }

  /** The numbers go on as in an earlier execution. A call that has kept its own is where it is. */
  goOn([context, math]: RandomStates): void {
    if (this.isKept) return;
    this.context.goOn(context);
    this.math.goOn(math);
  }
}

type Words = readonly [number, number, number, number];

class Sequence {
  private generator: Generator32 | undefined;

  constructor(private readonly seed: () => Digest) {}

  readonly draw = (): number => (this.generator ??= sfc32(wordsOf(this.seed()))).draw();

  /** Undefined before the first number. */
  get state(): Words | undefined {
    return this.generator?.words();
  }

  goOn(state: readonly number[] | undefined): void {
    this.generator = state && sfc32(state as Words);
  }
}

interface Generator32 {
  readonly draw: () => number;
  /** From which it can be created again. */
  readonly words: () => Words;
}

function wordsOf(seed: Digest): Words {
  return [0, 8, 16, 24].map((at) => parseInt(seed.slice(at, at + 8), 16) | 0) as unknown as Words;
}

function sfc32([a, b, c, d]: Words): Generator32 {
  const draw = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  return { draw, words: () => [a, b, c, d] };
}
