/** The shape of nested values, from their JSON Schema: what a form needs to draw them. Pure. */
import { JSONExt } from "@lumino/coreutils";
import type { Json, JsonObject, ParamView } from "stagebook/protocol";

export type Shape =
  | LeafShape
  | { readonly kind: "choice"; readonly options: readonly Json[] }
  /** A list in which each option occurs at most once, in any order. */
  | { readonly kind: "choices"; readonly options: readonly Json[] }
  | ListShape
  | ObjectShape
  | { readonly kind: "union"; readonly options: readonly UnionOption[] };

export interface LeafShape {
  readonly kind: "string" | "number" | "integer" | "boolean" | "null";
  /** Its limits. */
  readonly schema: JsonObject;
}

export interface ListShape {
  readonly kind: "list";
  readonly item: Shape;
  readonly min: number;
  readonly max: number;
}

export interface ObjectShape {
  readonly kind: "object";
  readonly properties: readonly Property[];
}

export interface Property {
  readonly name: string;
  readonly shape: Shape;
  readonly isRequired: boolean;
  readonly description?: string;
}

export interface UnionOption {
  readonly label: string;
  readonly shape: Shape;
}

/** Null for schemas that leave open what a value looks like: its control is a field for JSON. */
export function shapeOf(schema: JsonObject): Shape | null {
  const whole = withoutRefs(schema);
  return whole && readShape(whole);
}

const MAX_DEPTH = 12;

/** The schema with each `$ref` replaced by what it refers to; null for one that refers to itself. */
export function withoutRefs(root: JsonObject): JsonObject | null {
  let isEndless = false;
  const replace = (value: Json, depth: number): Json => {
    if (depth > 4 * MAX_DEPTH) isEndless = true;
    if (isEndless || typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => replace(item as Json, depth + 1));
    const { $ref, ...rest } = value as JsonObject;
    const target = typeof $ref === "string" ? resolve(root, $ref) : null;
    if (target) return replace({ ...target, ...rest }, depth + 1);
    const dropped = new Set(["$schema", "$id", "$defs", "definitions"]);
    const kept = Object.entries(value as JsonObject).filter(([key]) => depth > 0 || !dropped.has(key));
    return Object.fromEntries(kept.map(([key, child]) => [key, replace(child, depth + 1)]));
  };
  const whole = replace(root, 0) as JsonObject;
  return isEndless ? null : whole;
}

function resolve(root: JsonObject, ref: string): JsonObject | null {
  if (!ref.startsWith("#/")) return null;
  const steps = ref
    .slice(2)
    .split("/")
    .map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"));
  return steps.reduce<JsonObject | null>((at, step) => objectIn(at?.[step]), root);
}

function readShape(schema: JsonObject): Shape | null {
  if ("const" in schema) return { kind: "choice", options: [schema.const] };
  if (Array.isArray(schema.enum)) return { kind: "choice", options: schema.enum as readonly Json[] };
  const options = schema.oneOf ?? schema.anyOf;
  if (Array.isArray(options)) return readUnion(options as readonly Json[]);
  if (Array.isArray(schema.type))
    return readUnion((schema.type as readonly Json[]).map((type) => ({ ...schema, type })));
  switch (schema.type) {
    case "string":
    case "number":
    case "integer":
    case "boolean":
    case "null":
      return { kind: schema.type, schema };
    case "array":
      return readList(schema);
    case "object":
      return readObject(schema);
    default:
      return null;
  }
}

function readUnion(options: readonly Json[]): Shape | null {
  const shapes = options.map((option) => {
    const schema = objectIn(option);
    const shape = schema && readShape(schema);
    return shape && { label: labelOf(schema, shape), shape };
  });
  if (shapes.length === 0 || shapes.includes(null)) return null;
  const read = shapes as readonly UnionOption[];
  const [only] = read;
  if (read.length === 1 && only) return only.shape;
  const values = read.flatMap(({ shape }) =>
    shape.kind === "choice" ? shape.options : shape.kind === "null" ? [null] : [],
  );
  const isChoice = read.every(({ shape }) => shape.kind === "choice" || shape.kind === "null");
  return isChoice ? { kind: "choice", options: values } : { kind: "union", options: read };
}

/** Its title, else the value of its tag, else its type. */
function labelOf(schema: JsonObject, shape: Shape): string {
  if (typeof schema.title === "string") return schema.title;
  if (shape.kind === "object") {
    const tags = shape.properties.flatMap((property) => tagOf(property) ?? []).map(textOf);
    return tags.length > 0 ? tags.join(" ") : shape.properties.map(({ name }) => name).join(", ");
  }
  if (shape.kind === "choice") return shape.options.map(textOf).join(", ");
  return shape.kind === "null" ? "none" : shape.kind === "string" ? "text" : shape.kind;
}

/** The only value that a property can have: it tells the members of a union apart, and needs no control. */
export function tagOf({ shape, isRequired }: Property): readonly [Json] | null {
  const [only, ...others] = shape.kind === "choice" ? shape.options : [];
  return isRequired && only !== undefined && others.length === 0 ? [only] : null;
}

export function textOf(value: Json): string {
  if (value === null) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function readList(schema: JsonObject): Shape | null {
  const items = objectIn(schema.items);
  const item = items && readShape(items);
  if (!item) return null;
  if (item.kind === "choice" && item.options.length > 1) return { kind: "choices", options: item.options };
  const count = (key: string, otherwise: number): number => (typeof schema[key] === "number" ? schema[key] : otherwise);
  return { kind: "list", item, min: count("minItems", 0), max: count("maxItems", Infinity) };
}

function readObject(schema: JsonObject): Shape | null {
  const own = objectIn(schema.properties);
  const required = Array.isArray(schema.required) ? schema.required : [];
  // Properties that it does not name cannot be drawn.
  if (!own || Object.keys(own).length === 0 || objectIn(schema.additionalProperties)) return null;
  const properties: Property[] = [];
  for (const [name, value] of Object.entries(own)) {
    const property = objectIn(value);
    const shape = property && readShape(property);
    if (!shape) return null;
    const { description } = property;
    const about = typeof description === "string" ? { description } : {};
    properties.push({ name, shape, isRequired: required.includes(name), ...about });
  }
  return { kind: "object", properties };
}

function objectIn(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** The value that a new item or property begins with. */
export function initialValue(shape: Shape): Json {
  switch (shape.kind) {
    case "string":
    case "number":
    case "integer":
    case "boolean": {
      const { default: given, minimum = 0 } = shape.schema;
      if (given !== undefined) return given;
      return shape.kind === "string" ? "" : shape.kind === "boolean" ? false : Math.max(0, Number(minimum));
    }
    case "null":
      return null;
    case "choice":
      return shape.options[0] ?? null;
    case "choices":
      return [];
    case "list":
      return Array.from({ length: shape.min }, () => initialValue(shape.item));
    case "object":
      return Object.fromEntries(
        shape.properties
          .filter(({ isRequired }) => isRequired)
          .map(({ name, shape: own }) => [name, initialValue(own)]),
      );
    case "union":
      return shape.options[0] ? initialValue(shape.options[0].shape) : null;
  }
}

/** The member of a union that the value belongs to: the one that fits best. */
export function memberOf(options: readonly UnionOption[], value: Json): number {
  const scores = options.map(({ shape }) => fit(shape, value));
  return scores.indexOf(Math.max(...scores));
}

/** From 0, nothing, to 1, everything. */
function fit(shape: Shape, value: Json): number {
  switch (shape.kind) {
    case "null":
      return Number(value === null);
    case "integer":
      return Number(Number.isInteger(value));
    case "string":
    case "number":
    case "boolean":
      return Number(typeof value === shape.kind);
    case "choice":
      return Number(shape.options.some((option) => JSONExt.deepEqual(option, value)));
    case "choices":
    case "list":
      return Number(Array.isArray(value));
    case "union":
      return Math.max(...shape.options.map((option) => fit(option.shape, value)));
    case "object":
      return fitObject(shape, value);
  }
}

function fitObject({ properties }: ObjectShape, value: Json): number {
  const own = objectIn(value);
  if (!own) return 0;
  const isOther = properties.some((property) => {
    const tag = tagOf(property);
    return tag && !JSONExt.deepEqual(tag[0], own[property.name] ?? null);
  });
  if (isOther) return 0.1;
  const scores = properties.map(({ name, shape, isRequired }) =>
    name in own ? fit(shape, own[name] as Json) : Number(!isRequired),
  );
  const unknown = Object.keys(own).filter((name) => properties.every((property) => property.name !== name)).length;
  return 0.2 + (0.8 * scores.reduce((sum, score) => sum + score, 0)) / Math.max(1, scores.length + unknown);
}

/** True for a parameter whose value has a control for each of its parts. */
export function isNested({ kind, schema }: ParamView): boolean {
  return kind === "json" && shapeOf(schema) !== null;
}
