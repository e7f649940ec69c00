/** JSON Schema as data with a TypeScript type: the vocabulary in which `commands.ts` describes the wire's commands. */
import type { Json } from "../ids";

/**
 * A field of a command as JSON Schema (draft-07). `title` is a noun phrase that completes "must be …" in an error message;
 * `description` is for the reference. `T` is the field's type in TypeScript.
 */
export interface FieldSchema<T extends Json = Json> {
  readonly title: string;
  readonly description?: string;
  /** Only for the compiler; never present. */
  readonly "~value"?: T;
  readonly [keyword: string]: Json | undefined;
}

type FieldSchemas = { readonly [name: string]: FieldSchema };

/** A command as JSON Schema (draft-07). Fields that it does not list are ignored. */
export interface CommandSchema<R extends FieldSchemas, O extends FieldSchemas> {
  readonly type: "object";
  readonly description: string;
  /** Names of the required fields, in order. */
  readonly required: readonly string[];
  readonly properties: R & O;
  /** Only for the compiler; never present. */
  readonly "~fields"?: FieldsOf<R> & Partial<FieldsOf<O>>;
}

/** The fields of a command that has the schema `S`. */
export type CommandFields<S> = S extends { readonly "~fields"?: infer F } ? NonNullable<F> : never;

type FieldsOf<S extends FieldSchemas> = {
  readonly [K in keyof S]: S[K] extends FieldSchema<infer T> ? T : never;
};

// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- no fields is what is meant
type None = Record<never, never>;

/** Describes one command with its required and its optional fields. */
export function command<R extends FieldSchemas = None, O extends FieldSchemas = None>(
  description: string,
  { required = {} as R, optional = {} as O }: { readonly required?: R; readonly optional?: O } = {},
): CommandSchema<R, O> {
  return { type: "object", description, required: Object.keys(required), properties: { ...required, ...optional } };
}

/** A string, for example the name of a stage. */
export function text<T extends string = string>(title: string, keywords: { readonly pattern?: string } = {}) {
  return { type: "string", title, ...keywords } as FieldSchema<T>;
}

/** An array of strings. */
export function texts<T extends string = string>(title: string): FieldSchema<readonly T[]> {
  return { type: "array", items: { type: "string" }, title };
}

/** A whole number from 0 that JavaScript represents exactly. */
export function count(title: string): FieldSchema<number> {
  return { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER, title };
}

/** An array of whole numbers from 0. */
export function counts(title: string): FieldSchema<readonly number[]> {
  return { type: "array", items: { type: "integer", minimum: 0 }, title };
}

/** The same field with a sentence for the reference. */
export function described<T extends Json>(schema: FieldSchema<T>, description: string): FieldSchema<T> {
  return { ...schema, description };
}
