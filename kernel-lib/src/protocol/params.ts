/** A parameter as kernel and page both see it: what the form shows, and what checks a value. */
import type { CellId, Json, JsonObject } from "./ids";

/**
 * Which control a parameter gets. `other` has no JSON form and cannot be edited in the page. The value of a `secret` is sent only from
 * the form to the kernel.
 */
export type ParamKind =
  "number" | "integer" | "bigint" | "boolean" | "string" | "secret" | "choice" | "date" | "json" | "other";

/** One parameter of the running kernel. */
export interface ParamView {
  readonly name: string;
  readonly kind: ParamKind;
  /** The cell that defines it; null for a script. */
  readonly cell: CellId | null;
  /** JSON Schema (draft-07) of the JSON value: its type, limits, choices (`enum`), description. */
  readonly schema: JsonObject;
  /** The value as JSON (a date is its ISO string in UTC, a bigint its digits); null for the kinds `other` and `secret`. */
  readonly value: Json;
  /** The default as JSON, in the same form. */
  readonly default: Json;
  /** The value as text, at most 200 characters; for a secret whether it is set. */
  readonly text: string;
  /** The default as text, at most 200 characters. */
  readonly defaultText: string;
  /** True while the value differs from the default: it was set by code or in the form, or a command overrides it. */
  readonly overridden: boolean;
  /** False: the parameter is in no key, changing it does not make stages stale. */
  readonly tracked: boolean;
  readonly description?: string;
  readonly unit?: string;
  /** The group that it was put into by an option: `etl`. */
  readonly group?: string;
}

/** What is shown in place of a secret. */
export const MASK = "•••";

/** The MIME type of parameters that are shown as controls in the output of a cell. Its data are `ShownParams`. */
export const PARAMS_MIME = "application/vnd.stagebook.params+json";

/** The parameters of one output, as they were when it was shown. */
export interface ShownParams {
  readonly params: readonly ParamView[];
}

/** A parameter as text: `minMagnitude = 5 (default 4.5)`. */
export function paramText({ name, text, unit, overridden, defaultText }: ParamView): string {
  return `${name} = ${text}${unit === undefined ? "" : ` ${unit}`}${overridden ? ` (default ${defaultText})` : ""}`;
}
