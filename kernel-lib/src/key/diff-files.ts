/** The difference between two sets of files, file by file. Called by diff.ts. */
import type { Reason } from "../protocol";
import type { KeyPart } from "./parts";
import { memberChanged, moreMembersChanged } from "./reasons";

/** With more files than this, the reason does not say which of them changed: their names would be most of a stored result. */
export const MAX_MEMBERS = 10_000;
/** At most this many files are named. */
const NAMED = 5;

/** Undefined when it is not known which files there were. */
export function diffFiles(was: KeyPart, now: KeyPart): readonly Reason[] | undefined {
  if (now.kind !== "files" || !was.members || !now.members) return undefined;
  const before = new Map(Object.entries(was.members));
  const after = new Map(Object.entries(now.members));
  const gone = [...before.keys()].filter((name) => !after.has(name));
  const reasons: Reason[] = [];
  for (const [name, digest] of after) {
    const old = before.get(name);
    if (old === digest) continue;
    if (old !== undefined) reasons.push(memberChanged(name, "changed"));
    else {
      const renamed = gone.findIndex((each) => before.get(each) === digest);
      const [from] = renamed < 0 ? [] : gone.splice(renamed, 1);
      if (from === undefined) reasons.push(memberChanged(name, "added"));
      else reasons.push(memberChanged(from, { renamedTo: name }));
    }
  }
  for (const name of gone) reasons.push(memberChanged(name, "removed"));
  reasons.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  if (reasons.length <= NAMED + 1) return reasons.length > 0 ? reasons : undefined;
  return [...reasons.slice(0, NAMED), moreMembersChanged(now.name, reasons.length - NAMED)];
}
