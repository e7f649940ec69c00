/** What executions read from outside: the kinds, and how they are named. */
import path from "node:path";

export type { VolatileKind, VolatileRead } from "../protocol";

/** What can be compared later. */
export type ReadKind = "file" | "folder" | "exists" | "stat" | "link" | "env" | "zone" | "locale" | "cwd" | "system";

/** Something that an execution read from outside, and that can be compared later. */
export interface ObservedRead {
  readonly kind: ReadKind;
  /**
   * Paths: absolute. `env`: the name of the variable; "" is the list of all names. `system`: the property (`hostname`, `platform`).
   * "" for `zone` and `locale`. `cwd`: "", or `RELATIVE_PATHS`.
   */
  readonly name: string;
  /** `stat` alone: the fields that the code read, sorted and joined by commas (`mtime,size`). */
  readonly fields?: string;
}

/** The name of a `cwd` read that only completes paths, which are recorded as absolute ones: in another folder they are other files. */
export const RELATIVE_PATHS = "paths";

/** A short label: `file data/a.txt` (relative to `folder` if inside it), `folder data`, `variable HOME`, `time zone`. */
export function labelOfRead(read: ObservedRead, folder: string): string {
  switch (read.kind) {
    case "file":
    case "folder":
    case "link":
      return `${read.kind} ${shortPath(read.name, folder)}`;
    case "exists":
      return `existence of ${shortPath(read.name, folder)}`;
    case "stat":
      return `${read.fields === undefined ? "existence" : fieldsText(read.fields)} of ${shortPath(read.name, folder)}`;
    case "env":
      return read.name === "" ? "names of all variables" : `variable ${read.name}`;
    case "zone":
      return "time zone";
    case "locale":
      return "locale";
    case "cwd":
      return "working folder";
    case "system":
      return `system's ${read.name}`;
  }
}

const fieldsText = (fields: string): string => fields.split(",").join(", ");

function shortPath(file: string, folder: string): string {
  const relative = path.relative(folder, file);
  if (relative === "") return ".";
  return relative.startsWith("..") || path.isAbsolute(relative) ? file : relative.split(path.sep).join("/");
}
