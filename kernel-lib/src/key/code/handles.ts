/** How an input counts in a value that holds its handle: by its name, and by what the handle itself holds. */
import type { InputRef } from "../../stage/input";

/** How the handle is called: a stage or a parameter is found by its name when it is used. */
export function textOfRef(ref: InputRef): readonly string[] {
  switch (ref.kind) {
    case "file":
      return [ref.kind, ref.path];
    case "files":
      return [ref.kind, ref.pattern];
    case "computed":
      return [ref.kind];
    case "stage":
      return [ref.kind, ref.name, ref.part?.kind === "output" ? ref.part.output : ""];
    case "param":
    case "resource":
      return [ref.kind, ref.name];
  }
}

/** What belongs to the handle itself. */
export function contentOf(ref: InputRef): readonly unknown[] {
  switch (ref.kind) {
    case "computed":
      return [ref.compute];
    case "resource":
      return [ref.open, ref.close];
    case "stage":
      return [ref.overrides, ref.part?.kind === "select" ? ref.part.select : undefined];
    default:
      return [];
  }
}
