/** JSON Schema as Python's `jsonschema` and Airflow's `Param` accept it: without what they would refuse, or read in another way. */
import type { Json, JsonObject } from "../protocol";

export interface PythonSchema {
  readonly schema: JsonObject;
  /** What was left out, as `pattern "^\\p{L}+$"`. The parameter itself still checks it. */
  readonly leftOut: readonly string[];
}

/** Arguments of `Param` itself, which no keyword may repeat. */
const PARAM_ARGUMENTS = ["default", "source", "schema"];
/** The keywords whose members are schemas by name. */
const NAMED = new Set(["properties", "definitions", "$defs", "dependencies", "dependentSchemas"]);
/** The keywords whose value is data. */
const DATA = new Set(["enum", "const", "default", "examples", "required"]);
const DRAFT = "http://json-schema.org/draft-07/schema#";

export function pythonSchema(schema: JsonObject): PythonSchema {
  const leftOut: string[] = [];
  const own = Object.fromEntries(Object.entries(schema).filter(([keyword]) => !PARAM_ARGUMENTS.includes(keyword)));
  const adapted = adapt(own, leftOut) as JsonObject;
  // Lists of `items` have another keyword in the newest draft, which Python assumes unless the schema names its draft.
  const isDraft7 = "$schema" in adapted || !/"(items":\s*\[|definitions"|dependencies"|additionalItems")/.test(JSON.stringify(adapted)); // prettier-ignore
  return { schema: isDraft7 ? adapted : { $schema: DRAFT, ...adapted }, leftOut };
}

function adapt(schema: Json, leftOut: string[]): Json {
  if (Array.isArray(schema)) return (schema as readonly Json[]).map((each) => adapt(each, leftOut));
  if (typeof schema !== "object" || schema === null) return schema;
  const adapted: Record<string, Json> = {};
  let isOpen = false;
  const leave = (keyword: string, value: Json): void => void leftOut.push(`${keyword} ${JSON.stringify(value)}`);
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === "pattern" && typeof value === "string" && !isPythonPattern(value)) leave(keyword, value);
    // Python divides: 0.07 is not a multiple of 0.01.
    else if (keyword === "multipleOf" && !Number.isInteger(value)) leave(keyword, value);
    else if (keyword === "patternProperties" && isObject(value)) {
      const kept = Object.entries(value).filter(([pattern]) => isPythonPattern(pattern));
      isOpen ||= kept.length < Object.keys(value).length;
      if (isOpen) leave(keyword, Object.keys(value));
      adapted[keyword] = Object.fromEntries(kept.map(([pattern, each]) => [pattern, adapt(each, leftOut)]));
    } else if (NAMED.has(keyword) && isObject(value))
      adapted[keyword] = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, adapt(each, leftOut)]));
    else adapted[keyword] = DATA.has(keyword) ? value : adapt(value, leftOut);
  }
  // Without a pattern that names the others, they would all be additional.
  if (isOpen) delete adapted.additionalProperties;
  return adapted;
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether Python's `re` has the pattern of JavaScript, with the same meaning; false in case of doubt. */
function isPythonPattern(pattern: string): boolean {
  // `\u{…}`, `\p{…}`, `\k<name>`, `\cX` and others are errors or other things there.
  const escapes = pattern.match(/\\(?:u[0-9a-f]{4}|x[0-9a-f]{2}|.)/gis) ?? [];
  if (escapes.some((each) => /^\\[a-z]/i.test(each) && !/^\\(?:[dDwWsSbBnrtfv]|u[0-9a-f]{4}|x[0-9a-f]{2})$/i.test(each))) return false; // prettier-ignore
  const bare = pattern.replace(/\\./gs, "");
  // Named groups, look-behind and flags; the empty classes; a quantifier without a minimum; sets within sets.
  return !/\(\?(?![:=!])|\[\^?\]|\{,|\[[^\]]*(?:\[|--|&&|~~|\|\|)/.test(bare);
}
