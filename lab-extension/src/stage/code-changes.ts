/** The key parts whose text is worth a comparison line by line. Pure; called by the stage panel. */
import type { KeyPartView, Reason } from "stagebook/protocol";

/** A part that was changed, added or removed; a missing text is empty. */
export interface PartChange {
  readonly kind: string;
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** True if some reason is easier to read as a diff. */
export function hasLongChange(reasons: readonly Reason[]): boolean {
  return reasons.some((reason) => codeKinds.has(reason.kind) || isCut(reason.before) || isCut(reason.after));
}

/**
 * The changes of code and of long texts. `before`: the parts of the latest result that have changed since; `parts`: the
 * current parts.
 */
export function findPartChanges(before: readonly KeyPartView[], parts: readonly KeyPartView[]): readonly PartChange[] {
  const current = new Map(parts.map((part) => [labelOf(part), part]));
  const old = new Map(before.map((part) => [labelOf(part), part]));
  const changed = [...old].map(([label, part]) => ({
    ...part,
    before: part.text,
    after: current.get(label)?.text ?? "",
  }));
  // A helper that is called for the first time has no old text. Without the old code, no helper is known to be new.
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

/** Current helpers whose name first appears in the changed code. */
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

/** A stage has one function, whatever its name is. */
function labelOf({ kind, name }: KeyPartView): string {
  return `${kind}\u0000${kind === "function" ? "" : name}`;
}
