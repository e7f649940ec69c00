/** The difference between two keys, part by part, as human-readable reasons. `explain()` and the sidebar show them. */
import type { Reason } from "../protocol";
import { diffFiles } from "./diff-files";
import type { KeyPart, KeyPartKind } from "./parts";
import { codeChanged, partAdded, partChanged, partRemoved, partRewired, short } from "./reasons";

/** The changes from the old parts to the new ones. Empty when no named part differs. */
export function diffParts(before: readonly KeyPart[], after: readonly KeyPart[]): readonly Reason[] {
  const old = byLabel(before);
  const now = byLabel(after);
  const reasons: Reason[] = [];
  for (const [label, part] of now) {
    const was = old.get(label);
    if (!was) reasons.push(partAdded(part));
    else if (was.digest !== part.digest) reasons.push(...changes(was, part));
  }
  for (const [label, part] of old) if (!now.has(label)) reasons.push(partRemoved(part));
  if (reasons.length === 0) return wiring(old, now);
  const codeChanged = [...now].some(
    ([label, part]) => isCode(part.kind) && old.get(label)?.text !== undefined && old.get(label)?.text !== part.text,
  );
  // A helper that was added or removed by an edit of the code is covered by the reason for that edit.
  const reported = codeChanged
    ? reasons.filter(
        (reason) => !((reason.kind === "added" || reason.kind === "removed") && isHelperLike(reason, old, now)),
      )
    : reasons;
  return reported.length > 0 ? reported : reasons;
}

function changes(was: KeyPart, now: KeyPart): readonly Reason[] {
  const files = diffFiles(was, now);
  if (files) return files;
  const reason = changed(was, now);
  return reason ? [reason] : [];
}

/** Null for code whose text is the same: what it reaches is reported instead. */
function changed(was: KeyPart, now: KeyPart): Reason | null {
  if (now.kind !== "function" && now.kind !== "helper") return partChanged(was, now);
  return was.text === now.text ? null : codeChanged(now.kind, now.name, ...firstDifference(was.text, now.text));
}

/** The same parts, connected in another way. */
function wiring(old: ReadonlyMap<string, KeyPart>, now: ReadonlyMap<string, KeyPart>): readonly Reason[] {
  return [...old]
    .filter(([label, part]) => now.get(label)?.digest !== part.digest)
    .map(([, part]) => partRewired(part));
}

/** The first stretch of tokens that differs, with one token before it: `* 2`, `* 3`. */
export function firstDifference(before: string, after: string): readonly [string, string] {
  const a = tokens(before);
  const b = tokens(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const from = start > 0 ? start - 1 : 0;
  return [short(a.slice(from, endA).join(" "), 60), short(b.slice(from, endB).join(" "), 60)];
}

const tokens = (text: string): string[] =>
  text.match(/[\p{L}\p{N}_$.]+|"(?:[^"\\]|\\.)*"|`[^`]*`|=>|[=!<>&|+\-*/%?]+|[^\s]/gu) ?? [];

function byLabel(parts: readonly KeyPart[]): Map<string, KeyPart> {
  const map = new Map<string, KeyPart>();
  for (const part of parts) {
    const label = `${part.kind === "function" ? "" : part.name}\u0000${part.kind}`;
    if (!map.has(label)) map.set(label, part);
  }
  return map;
}

function isHelperLike(reason: Reason, old: ReadonlyMap<string, KeyPart>, now: ReadonlyMap<string, KeyPart>): boolean {
  return ["helper", "value", "module"].some(
    (kind) => old.has(`${reason.name}\u0000${kind}`) || now.has(`${reason.name}\u0000${kind}`),
  );
}

const isCode = (kind: KeyPartKind): boolean => kind === "function" || kind === "helper";
