/** What a stage's function reaches, and what a value counts as that may hold functions. Used by plans, parameters and cells. */
import type { InputLeaf } from "../../stage/input";
import { StagebookError, type Digest } from "../../protocol";
import { ClosureWalk } from "./closure-walk";
import type { ClosurePart, Untracked } from "./reached";
import type { ProvidedValue } from "./reached-values";
import type { AnyFunction, Scopes } from "../scopes";

export interface Closure {
  /** In order of discovery, the function itself first; parts refer to each other by index. */
  readonly parts: readonly ClosurePart[];
  readonly untracked: readonly Untracked[];
  /** The fixed inputs that hold functions, by path; of the others the digest of their value says all. */
  readonly given: ReadonlyMap<string, ProvidedValue>;
  /**
   * Whether a walk now would find the same: every binding still has the same value, and none of them can change inside.
   * Absent where that cannot be told; then only a new walk tells.
   */
  readonly stillHolds?: () => boolean;
}

/** Walks a function and the functions among its fixed inputs. Never throws for what it meets: what cannot be followed is listed. */
export function findClosure(fn: AnyFunction, name: string, scopes: Scopes, inputs: readonly InputLeaf[] = []): Closure {
  const walk = new ClosureWalk(scopes);
  walk.visitFunction(fn, name, "function");
  const given = walk.visitInputs(inputs);
  const { parts, untracked, checks, isLasting } = walk.reached;
  const stillHolds = isLasting ? { stillHolds: () => checks.every((check) => check()) } : {};
  return { parts, untracked: [...untracked.values()], given, ...stillHolds };
}

/** The digest of a value that may hold functions and instances: what notebook variables are compared by. */
export function digestAnything(value: unknown, scopes: Scopes): Digest {
  return new ClosureWalk(scopes).digest(value, "value");
}

/** What a value counts as that a person gave by name, and what in it no key can follow. */
export interface ProvidedDigest {
  readonly digest: Digest;
  readonly untracked: readonly Untracked[];
}

/** As `digestAnything`. Throws `not-keyable`, with the path, when nothing tells the value from another one. */
export function digestProvided(value: unknown, name: string, scopes: Scopes): ProvidedDigest {
  const walk = new ClosureWalk(scopes);
  const digest = walk.digest(value, name);
  const untracked = [...walk.reached.untracked.values()];
  const why = untracked.find((each) => each.name === name)?.why;
  // Not one of that name inside of a function.
  if (why !== undefined && walk.describe(value, name) === `untracked:${name}`)
    throw new StagebookError(
      "not-keyable",
      `${name} cannot be compared: ${why}`,
      "Give what it is made from, or hand it to stages as a resource().",
    );
  return { digest, untracked };
}
