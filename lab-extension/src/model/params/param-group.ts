/** The group of a parameter in the form. Pure. */
import type { ParamView } from "stagebook/protocol";

export interface ParamPlace {
  /** Null for a parameter outside of groups. */
  readonly group: string | null;
  /** The name within the group. */
  readonly label: string;
}

/** From the option `group`, else from the name: `etl/limit` is `limit` in the group `etl`. */
export function groupOf({ name, group }: Pick<ParamView, "name" | "group">): ParamPlace {
  const at = name.lastIndexOf("/");
  const named = at > 0 && at < name.length - 1 ? { group: name.slice(0, at), label: name.slice(at + 1) } : null;
  if (group === undefined) return named ?? { group: null, label: name };
  return { group, label: named?.group === group ? named.label : name };
}
