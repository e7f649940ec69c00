/**
 * Which variables of the user's own functions can have no other value any more. Each plan asks for the variables of every function, and
 * reading them through the inspector takes longer than all the rest of a plan.
 */
import type { AnyFunction } from "../key/scopes";
import { positionOffset, type ScriptVariables } from "../key/code/script-variables";
import type { Script } from "./inspector-session";
import { sourceOf, variablesOf } from "./script-sources";

/** Code that can assign variables without naming them as such: it is never taken for constant. */
const ASSIGNS_UNSEEN = /\beval\b|\bwith\s*\(|\barguments\b/;

export class OwnConstants {
  private variables: ScriptVariables | null | undefined;

  constructor(
    private readonly fn: AnyFunction,
    private readonly script: Script | undefined,
    /** `line:column` in the script. */
    private readonly position: string,
  ) {}

  /** Whether the variable of that name, which has this value now, has its last one. False when in doubt. */
  has(name: string, value: unknown): boolean {
    this.variables ??= this.find() ?? null;
    const { variables, position } = this;
    if (!variables || variables.isAssigned(name, position)) return false;
    // Or it has no value yet.
    return value !== undefined || variables.isInitialized(name, position);
  }

  private find(): ScriptVariables | undefined {
    const { fn, script, position } = this;
    if (!script) return undefined;
    const source = sourceOf(script);
    if (ASSIGNS_UNSEEN.test(source)) return undefined;
    // The position counts only if it is that of this function in this text.
    const offset = positionOffset(source, position);
    const code = Function.prototype.toString.call(fn);
    const start = source.lastIndexOf(code, offset);
    return start >= 0 && offset < start + code.length ? variablesOf(script) : undefined;
  }
}
