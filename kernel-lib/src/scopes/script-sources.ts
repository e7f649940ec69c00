/** The texts of loaded scripts and the variables that they declare, read once. */
import { ScriptVariables } from "../key/code/script-variables";
import { sharedSession, type Script } from "./inspector-session";

/** Longer scripts are not parsed: that takes 100 ms a megabyte. */
const MAX_PARSED_CHARACTERS = 300_000;
const sources = new WeakMap<Script, string>();
const variables = new WeakMap<Script, ScriptVariables | null>();

export function sourceOf(script: Script): string {
  let source = sources.get(script);
  if (source === undefined) sources.set(script, (source = sharedSession().sourceOf(script)));
  return source;
}

/** Undefined when they are not known. */
export function variablesOf(script: Script): ScriptVariables | undefined {
  let found = variables.get(script);
  if (found === undefined) {
    const source = sourceOf(script);
    found = source.length > MAX_PARSED_CHARACTERS ? null : (ScriptVariables.of(source, script.isModule) ?? null);
    variables.set(script, found);
  }
  return found ?? undefined;
}
