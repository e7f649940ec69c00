/** The order of the properties in values that come from outside of the code: code can see it, and who fills in a form does not decide it. */
import type { Json } from "../protocol";

/**
 * The value with its properties in the order of the schema's `properties`, then of the example's, then as they are; at every depth.
 * References (`$ref`) and alternatives (`anyOf`) of the schema are not followed: there the example decides.
 */
export function inOrder(value: Json, schema: unknown, example: unknown): Json {
  if (Array.isArray(value)) {
    const items = memberOf(schema, "items");
    return (value as readonly Json[]).map((item, at) =>
      inOrder(
        item,
        Array.isArray(items) ? items[at] : items,
        Array.isArray(example) ? (example[at] ?? example[0]) : undefined,
      ),
    );
  }
  if (typeof value !== "object" || value === null) return value;
  const properties = memberOf(schema, "properties");
  const known = [...keysOf(properties), ...keysOf(example)].filter((key) => Object.hasOwn(value, key));
  const keys = new Set([...known, ...Object.keys(value)]);
  return Object.fromEntries(
    [...keys].map((key) => [
      key,
      inOrder(memberOf(value, key) as Json, memberOf(properties, key), memberOf(example, key)),
    ]),
  );
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const keysOf = (value: unknown): readonly string[] => (isObject(value) ? Object.keys(value) : []);

const memberOf = (value: unknown, key: string): unknown =>
  isObject(value) && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
