/**
 * The reasons for a status, with their texts: one function for each cause. `key/diff.ts` finds the parts of a key that have changed;
 * `run/plan/` and `run/execute/` find everything else. Where a reason has `before` and `after`, the list of the page writes `name: before → after` instead
 * of the text; all other places show the text.
 */
import { formatDuration, type Reason, type ReasonKind } from "../protocol";
import type { KeyPart, KeyPartKind } from "./parts";

// Parts of the key.

export function partAdded(part: KeyPart): Reason {
  return { kind: "added", name: part.name, text: `${noun(part)} is new`, after: short(part.text) };
}

export function partRemoved(part: KeyPart): Reason {
  return { kind: "removed", name: part.name, text: `${noun(part)} is no longer used`, before: short(part.text) };
}

/** `before`, `after`: the part of the code that differs. */
export function codeChanged(kind: "function" | "helper", name: string, before: string, after: string): Reason {
  const subject = kind === "function" ? "function" : `helper \`${name}\``;
  const text = `${subject}: \`${before}\` → \`${after}\``;
  return { kind, name: kind === "function" ? "function" : name, text, before, after };
}

/** Of a part that is not code. */
export function partChanged(was: KeyPart, now: KeyPart): Reason {
  const { kind, name } = now;
  const isSame = was.text === now.text;
  switch (kind) {
    case "input":
    case "files": {
      const subject = kind === "files" ? `files ${name}` : name;
      const text = isSame ? `${subject} changed` : `${subject}: ${was.text} → ${now.text}`;
      return { kind: kindOf(kind), name, text, ...(isSame ? {} : { before: was.text, after: now.text }) };
    }
    case "file":
      return { kind, name, text: `file ${name} changed`, before: was.text, after: now.text };
    default: {
      const [before, after] = [short(was.text), short(now.text)];
      if (kind === "read")
        return { kind, name, text: isSame ? `${name} changed` : `${name}: ${change(before, after)}`, before, after };
      const text = `${kind === "param" ? name : noun(now)} ${change(before, after)}`;
      return { kind: kindOf(kind), name, text, before, after };
    }
  }
}

/** The same parts, read by other inputs of the function. */
export function partRewired(part: KeyPart): Reason {
  return { kind: kindOf(part.kind), name: part.name, text: `${noun(part)} is connected to other values` };
}

/** Constants in the inputs that stand in another order, or in another object. */
export function inputsRearranged(): Reason {
  return { kind: "value", name: "inputs", text: "the inputs are arranged differently" };
}

/** Of a folder or glob. */
export function memberChanged(file: string, change: FileChange): Reason {
  const said = typeof change === "string" ? fileChanges[change] : `was renamed to ${change.renamedTo}`;
  return { kind: "file", name: file, text: `file ${file} ${said}` };
}

export type FileChange = keyof typeof fileChanges | { readonly renamedTo: string };

const fileChanges = { changed: "changed", added: "is new", removed: "is gone" } as const;

export function moreMembersChanged(pattern: string, count: number): Reason {
  return { kind: "file", name: pattern, text: `and ${count} more files of ${pattern}` };
}

// The state of the stage. `stage`: its name.

export function neverRun(stage: string): Reason {
  return { kind: "new", name: stage, text: "never run" };
}

export function expired(stage: string, maxAgeMs: number): Reason {
  return { kind: "expired", name: stage, text: `its result is older than ${formatDuration(maxAgeMs)}` };
}

export function lastRunFailed(stage: string, message: string): Reason {
  return { kind: "failed", name: stage, text: `last run failed: ${message}` };
}

/** `what`: something that no key counts. `message`: of the failure. */
export function changedSinceFailure(stage: string, what: string, message: string): Reason {
  return { kind: "failed", name: stage, text: `${what} has changed since it failed: ${message}` };
}

export function lastRunCancelled(stage: string): Reason {
  return { kind: "cancelled", name: stage, text: "last run was cancelled" };
}

/** The last run returned a value that was not stored. `message`: why, see `run/call/store-result.ts`. */
export function notStored(stage: string, kind: "changed-while-running" | "uncacheable", message: string): Reason {
  return { kind, name: stage, text: message };
}

/** It has no key. `message`: of the error. */
export function uncacheable(stage: string, message: string): Reason {
  return { kind: "uncacheable", name: stage, text: message };
}

export function resultGone(stage: string): Reason {
  return { kind: "lost", name: stage, text: "its stored result is gone" };
}

/** The entry exists, its blobs do not, and a stage that is going to run reads the value. */
export function neededValueGone(stage: string): Reason {
  return { kind: "lost", name: stage, text: "its stored value is gone and needed" };
}

/** The same where nothing reads it yet. */
export function unneededValueGone(stage: string): Reason {
  return { kind: "lost", name: stage, text: "its stored value is gone; it is recomputed when needed" };
}

/** The stage's `validate` has refused it when it was loaded. */
export function storedValueInvalid(stage: string): Reason {
  return { kind: "lost", name: stage, text: "its stored value is invalid" };
}

export function askedToRun(stage: string): Reason {
  return { kind: "forced", name: stage, text: "asked to run again" };
}

/** A target with `cache: false` runs whenever it is called. */
export function storesNoResult(stage: string): Reason {
  return { kind: "forced", name: stage, text: "stores no result" };
}

// The stages upstream.

export function waitsFor(upstream: readonly string[]): Reason {
  return { kind: "waiting", name: upstream[0] ?? "", text: `waits for ${upstream.join(", ")}` };
}

export function sameComputation(stage: string): Reason {
  return { kind: "waiting", name: stage, text: `same computation as ${stage}` };
}

export function upstreamStopped(upstream: string, status: "failed" | "blocked"): Reason {
  return { kind: "blocked", name: upstream, text: `${upstream} ${status === "failed" ? "failed" : "is blocked"}` };
}

/** An input that does not exist. `message`: of the error. */
export function inputMissing(stage: string, message: string): Reason {
  return { kind: "blocked", name: stage, text: message };
}

/** `cycle`: names of stages, the first one once more at the end. */
export function circularDependency(stage: string, cycle: readonly string[]): Reason {
  return { kind: "blocked", name: stage, text: `circular dependency: ${cycle.join(" → ")}` };
}

/** At most `max` characters. */
export function short(text: string, max = 80): string {
  return text.length > max ? `${text.slice(0, max - 1)}…` : text;
}

/** What differs may not be in the text: the order of properties, what an object holds, the end of a long text. */
function change(before: string, after: string): string {
  return before === after ? `changed (${after} before and now)` : `${before} → ${after}`;
}

function kindOf(kind: KeyPartKind): ReasonKind {
  if (kind === "files") return "file";
  return kind === "global" || kind === "format" ? "option" : kind;
}

function noun(part: KeyPart): string {
  switch (part.kind) {
    case "function":
      return "function";
    case "helper":
      return `helper \`${part.name}\``;
    case "value":
      return `value \`${part.name}\``;
    case "param":
      return `parameter ${part.name}`;
    case "input":
      return `input ${part.name}`;
    case "file":
    case "files":
      return `${part.kind} ${part.name}`;
    case "module":
      return `module ${part.name}`;
    case "env":
    case "read":
    case "global":
    case "format":
      return part.name;
    case "option":
      return `option ${part.name}`;
  }
}
