/** What the random numbers of a body are drawn from. */
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import type { StageDefinition } from "../../stage/definition";

/** `key`: of the result; without the outputs above it, where one of them is a stream that may not be known yet. */
export function seedOf({ seed }: Pick<StageDefinition, "seed">, key: Digest): Digest {
  return digestOf(`${key} ${seed ?? ""}`);
}
