/**
 * The closure of a function: everything that its code depends on; and digests of values that may contain functions. Used by plans,
 * parameters and cells.
 */
import type { InputLeaf } from "../../stage/input";
import { StagebookError, type Digest } from "../../protocol";
import { secrets } from "../../secrets/secret-texts";
import { ClosureWalk } from "./closure-walk";
import type { ClosurePart, Untracked } from "./reached";
import type { ProvidedValue } from "./reached-values";
import { WatchList } from "./watch-list";
import type { AnyFunction, Scopes } from "../scopes";

/** Everything that a function depends on. */
export interface Closure {
  /** In order of discovery, the function itself first; parts refer to each other by index. */
  readonly parts: readonly ClosurePart[];
  readonly untracked: readonly Untracked[];
  /** The fixed inputs that contain functions, by path; for the others the digest of the value is enough. */
  readonly provided: ReadonlyMap<string, ProvidedValue>;
  /**
   * Whether a new walk would find the same: every binding still has the same value, and objects hold the same. Undefined where that
   * cannot be determined without a new walk.
   */
  readonly stillHolds?: (() => boolean) | undefined;
}

/** Walks a function and the functions among its fixed inputs. Never throws: what cannot be followed is listed as untracked. */
export function findClosure(fn: AnyFunction, name: string, scopes: Scopes, inputs: readonly InputLeaf[] = []): Closure {
  const modules = scopes.modulesVersion();
  const watch = new WatchList();
  const walk = new ClosureWalk(scopes, { watch });
  walk.visitFunction(fn, name, "function");
  const provided = walk.visitInputs(inputs);
  const { parts, untracked, checks, isLasting } = walk.reached;
  const closure = { parts, untracked: [...untracked.values()], provided };
  if (!isLasting || !watch.isComplete) return closure;
  const { version } = secrets;
  const isAsRead = watch.check();
  const stillHolds = (): boolean =>
    secrets.version === version &&
    checks.every((check) => check()) &&
    (!isAsRead || (scopes.modulesVersion() === modules && isAsRead()));
  return { ...closure, stillHolds };
}

/** The closure that was found before, if a new walk has found the same: it holds then for as long as the new one. */
export function keepIfSame(before: Closure, found: Closure): Closure {
  if (!isSameClosure(before, found)) return found;
  return Object.assign(before, { stillHolds: found.stillHolds });
}

function isSameClosure(a: Closure, b: Closure): boolean {
  return (
    a.parts.length === b.parts.length &&
    a.parts.every((part, at) => isSamePart(part, b.parts[at])) &&
    a.untracked.length === b.untracked.length &&
    a.untracked.every(({ name, why }, at) => name === b.untracked[at]?.name && why === b.untracked[at].why) &&
    a.provided.size === b.provided.size &&
    [...a.provided].every(([path, value]) => isSameProvided(value, b.provided.get(path)))
  );
}

function isSamePart(a: ClosurePart, b: ClosurePart | undefined): boolean {
  if (b === undefined || a.kind !== b.kind || a.name !== b.name) return false;
  if ("ref" in a) return "ref" in b && a.ref === b.ref;
  return "digest" in b && a.digest === b.digest && a.text === b.text;
}

function isSameProvided(a: ProvidedValue, b: ProvidedValue | undefined): boolean {
  return "digest" in a && b !== undefined && "digest" in b && a.digest === b.digest && a.isCode === b.isCode;
}

/** The digest of a value that may contain functions and instances, by which notebook variables are compared. */
export function digestAnything(value: unknown, scopes: Scopes): Digest {
  if (mayChange(value)) scopes.forget();
  return new ClosureWalk(scopes).digest(value, "value");
}

/** A notebook variable by itself. */
export interface VariableDigest {
  readonly digest: Digest;
  /** The names of other notebook variables that functions in the value refer to. They are not part of the digest. */
  readonly refersTo: ReadonlySet<string>;
  /** Whether it contains something that no digest can tell from others. */
  readonly isOpaque: boolean;
}

/** `scopes.forget()` is the caller's: one call for many variables. */
export function digestVariable(value: unknown, scopes: Scopes): VariableDigest {
  const refersTo = new Set<string>();
  const walk = new ClosureWalk(scopes, { variables: refersTo });
  const digest = walk.digest(value, "value");
  return { digest, refersTo, isOpaque: walk.reached.untracked.size > 0 };
}

/** The digest of a value that the user provided by name, and what it contains that no key can track. */
export interface ProvidedDigest {
  readonly digest: Digest;
  readonly untracked: readonly Untracked[];
}

/** The same as `digestAnything`. Throws `not-keyable`, with the path, when the value cannot be distinguished from others. */
export function digestProvided(value: unknown, name: string, scopes: Scopes): ProvidedDigest {
  if (mayChange(value)) scopes.forget();
  const walk = new ClosureWalk(scopes);
  const digest = walk.digest(value, name);
  const untracked = [...walk.reached.untracked.values()];
  const why = untracked.find((each) => each.name === name)?.why;
  // Not something of that name inside a function.
  if (why !== undefined && walk.describe(value, name) === `untracked:${name}`)
    throw new StagebookError(
      "not-keyable",
      `${name} cannot be compared: ${why}`,
      "Pass what it is created from, or pass it to stages as a resource().",
    );
  return { digest, untracked };
}

/** Such a digest is asked for at any time, also while code of the user runs. */
const mayChange = (value: unknown): boolean =>
  typeof value === "function" || (typeof value === "object" && value !== null);
