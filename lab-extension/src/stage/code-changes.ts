/** Which parts of a key have a text that is worth comparing line by line. Pure; called by the stage panel. */
import type { KeyPartView, Reason } from "stagebook/protocol";

/** A part that changed, came or went; a text that is not there is empty. */
export interface PartChange {
  readonly kind: string;
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** Whether a stage's reasons speak of something that reads better as a diff. */
export function hasLongChange(reasons: readonly Reason[]): boolean {
  return reasons.some((reason) => codeKinds.has(reason.kind) || isCut(reason.before) || isCut(reason.after));
}

/** `before`: the parts of the latest result that are no longer so; `parts`: those of now. Code, and texts of several lines. */
export function findPartChanges(before: readonly KeyPartView[], parts: readonly KeyPartView[]): readonly PartChange[] {
  const now = new Map(parts.map((part) => [labelOf(part), part]));
  const old = new Map(before.map((part) => [labelOf(part), part]));
  const changed = [...old].map(([label, part]) => ({ ...part, before: part.text, after: now.get(label)?.text ?? "" }));
  // A helper that is called for the first time has no old text; without an old body nothing is known of what was there.
  const isEdit = before.some((part) => part.kind === "function" || part.kind === "helper");
  const known = new Set(before.map(labelOf));
  const added = isEdit ? newHelpers(parts, changed, known) : [];
  return [...changed.filter(isLong), ...added].map(({ kind, name, before: was, after }) => ({
    kind,
    name,
    before: was,
    after,
  }));
}

interface Compared {
  readonly kind: string;
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** Helpers of now whose name first appears in the changed code. */
function newHelpers(
  parts: readonly KeyPartView[],
  changed: readonly Compared[],
  known: ReadonlySet<string>,
): readonly Compared[] {
  return parts
    .filter((part) => part.kind === "helper" && !known.has(labelOf(part)))
    .filter((part) => changed.some(({ before, after }) => mentions(after, part.name) && !mentions(before, part.name)))
    .map((part) => ({ kind: part.kind, name: part.name, before: "", after: part.text }));
}

function mentions(text: string, name: string): boolean {
  const at = text.indexOf(name);
  return at >= 0 && !/[\w$]/u.test(text[at - 1] ?? "") && !/[\w$]/u.test(text[at + name.length] ?? "");
}

function isLong({ kind, before, after }: Compared): boolean {
  if (before === after) return false;
  return codeKinds.has(kind) || `${before}${after}`.includes("\n") || Math.max(before.length, after.length) > 80;
}

const codeKinds: ReadonlySet<string> = new Set(["function", "helper"]);

function isCut(text: string | undefined): boolean {
  return text?.endsWith("…") ?? false;
}

/** A stage has one body, whatever it is called. */
function labelOf({ kind, name }: KeyPartView): string {
  return `${kind}\u0000${kind === "function" ? "" : name}`;
}
