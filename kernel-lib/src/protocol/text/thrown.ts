/** Anything that code can throw, read without ever throwing: errors of every shape, plain objects, numbers, proxies that refuse each access. */

const MAX_CAUSES = 8;
const MAX_PARTS = 5;
const MAX_ERRORS = 100;
const MAX_TEXT = 1000;
const MAX_DEPTH = 3;
const MAX_MEMBERS = 20;

/** Whether it is an instance of Error; false for objects that throw when they are inspected. */
export function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error;
  } catch {
    // A revoked proxy, or a trap that throws.
    return false;
  }
}

/** The message of anything that was thrown, on one or more lines, never empty. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === "string" && thrown !== "") return thrown;
  return isError(thrown) ? messageOfError(thrown, new Set()) : `threw ${textOfThrown(thrown)}`;
}

/**
 * An error as its author would look for it: its stack as `stackOf` returns it, then its causes and the parts of an AggregateError, each
 * once. Anything else that was thrown as `thrown: …`.
 */
export function traceOf(thrown: unknown): string {
  return traceLines(thrown, new Set()).join("\n");
}

/** The name, the message and the frames of an error, whatever its `stack` is, or the stack that was kept with `keepStack`. */
export function stackOf(error: Error): string {
  const kept = keptStacks.get(error);
  if (kept !== undefined) return kept;
  const name = textField(error, "name") || "Error";
  const message = messageOf(error);
  const header = message === name ? name : `${name}: ${message}`;
  const stack = fieldOf(error, "stack");
  if (typeof stack !== "string" || stack.trim() === "") return header;
  // A message that was changed later, or that the stack lacks because it was empty.
  return stack.includes(message) ? stack : [header, ...stack.split("\n").filter((line) => /^\s+at /.test(line))].join("\n"); // prettier-ignore
}

/** Sets the stack that is shown for an error, also of one that is frozen. */
export function keepStack(error: Error, stack: string): void {
  keptStacks.set(error, stack);
  try {
    error.stack = stack;
  } catch {
    // Frozen, or a setter that throws: `stackOf` has it.
  }
}

const keptStacks = new WeakMap<Error, string>();

/** The error, the parts of an AggregateError, and the causes of each: at most 100, each once. */
export function errorsBehind(error: Error): readonly Error[] {
  const found = new Set<Error>([error]);
  for (const each of found) {
    const behind = [...partsOf(each), fieldOf(each, "cause")];
    for (const other of behind) if (isError(other) && found.size < MAX_ERRORS) found.add(other);
  }
  return [...found];
}

function messageOfError(error: Error, seen: Set<unknown>): string {
  if (seen.has(error)) return "itself";
  seen.add(error);
  const message = textField(error, "message");
  const parts = partsOf(error).slice(0, MAX_PARTS).map((part) => partMessage(part, seen)); // prettier-ignore
  if (message.trim() !== "") return [message, ...parts].join("; ");
  const code = fieldOf(error, "code");
  const isCode = typeof code === "string" || typeof code === "number";
  const name = `${textField(error, "name") || "Error"}${isCode && code !== "" ? ` (${code})` : ""}`;
  const cause = fieldOf(error, "cause");
  const below = parts.length > 0 ? parts : cause === undefined ? [] : [partMessage(cause, seen)];
  return below.length > 0 ? `${name}: ${below.join("; ")}` : name;
}

function partMessage(part: unknown, seen: Set<unknown>): string {
  return isError(part) ? messageOfError(part, seen) : messageOf(part);
}

function traceLines(thrown: unknown, seen: Set<unknown>): readonly string[] {
  if (!isError(thrown)) return [`thrown: ${textOfThrown(thrown)}`];
  if (seen.has(thrown) || seen.size >= MAX_CAUSES) return [messageOf(thrown)];
  seen.add(thrown);
  const parts = partsOf(thrown).slice(0, MAX_PARTS).map((part) => ({ what: "one of", part })); // prettier-ignore
  const cause = fieldOf(thrown, "cause");
  const below = cause === undefined ? parts : [...parts, { what: "caused by", part: cause }];
  return [
    stackOf(thrown),
    ...below.flatMap(({ what, part }) => {
      const [first = "", ...rest] = traceLines(part, seen);
      return [`${what} ${first}`, ...rest];
    }),
  ];
}

/** The errors of an AggregateError. */
function partsOf(error: Error): readonly unknown[] {
  const errors = fieldOf(error, "errors");
  try {
    return Array.isArray(errors) && textField(error, "name") === "AggregateError" ? (errors as readonly unknown[]) : [];
  } catch {
    return [];
  }
}

function textField(thrown: object, name: string): string {
  const value = fieldOf(thrown, name);
  return typeof value === "string" ? value : value === undefined || value === null ? "" : textOfThrown(value);
}

/** A property of something that was thrown; undefined for what cannot be read. */
export function fieldOf(thrown: object, name: string): unknown {
  try {
    return Reflect.get(thrown, name) as unknown;
  } catch {
    return undefined;
  }
}

/** As it would be written in code, on one line, bounded. */
function textOfThrown(value: unknown): string {
  try {
    const text = literal(value, 0, new Set());
    return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
  } catch {
    return `${typeof value === "function" ? "a function" : "an object"} that cannot be read`;
  }
}

function literal(value: unknown, depth: number, above: ReadonlySet<unknown>): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `function ${value.name}`.trimEnd();
  if (typeof value !== "object" || value === null) return String(value);
  if (above.has(value)) return "…";
  if (isError(value)) return messageOf(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (depth >= MAX_DEPTH) return Array.isArray(value) ? "[…]" : "{…}";
  const within = new Set(above).add(value);
  if (Array.isArray(value))
    return `[${withRest(
      value.slice(0, MAX_MEMBERS).map((item) => literal(item, depth + 1, within)),
      value.length,
    )}]`;
  return objectText(value, (field) => literal(field, depth + 1, within));
}

function objectText(value: object, textOf: (field: unknown) => string): string {
  const prototype = Object.getPrototypeOf(value) as { readonly constructor?: { readonly name?: unknown } } | null;
  const name = prototype?.constructor?.name;
  const members = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(([, { enumerable }]) => enumerable);
  const texts = members.slice(0, MAX_MEMBERS).map(([key, member]) => {
    const label = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? key : JSON.stringify(key);
    // A getter is code: it is not run.
    return `${label}: ${"value" in member ? textOf(member.value) : "[getter]"}`;
  });
  const isNamed = typeof name === "string" && name !== "Object" && name !== "";
  const body = texts.length === 0 ? "{}" : `{ ${withRest(texts, members.length)} }`;
  return isNamed ? `${name} ${body}` : body;
}

const withRest = (texts: readonly string[], count: number): string =>
  [...texts, ...(count > texts.length ? ["…"] : [])].join(", ");
