/** The key of a stage: the digest of its parts. Pure; the planner says what each input's digest is. */
import type { Digest } from "../protocol";
import type { StageDefinition } from "../stage/definition";
import type { InputRef } from "../stage/input";
import { digestValue } from "./values/canonical";
import type { Closure } from "./code/closure";
import { textOfValue } from "./describe";
import { digestOf } from "./digest";
import type { ProvidedValue } from "./code/reached-values";
import type { KeyPart } from "./parts";

/** Counts in every key: a change of how keys are made makes every result stale. */
export const KEY_FORMAT = "1";

/** What is known of an input now. `pending`: a stage whose output is not known. `none`: it does not count. */
export type InputDigest =
  | {
      readonly state: "known";
      readonly kind: "param" | "input" | "file" | "value";
      readonly name: string;
      readonly digest: Digest;
      readonly text: string;
      /** A part of the code says all that there is to say of it. */
      readonly isCode?: boolean;
    }
  | { readonly state: "pending"; readonly stage: string }
  | { readonly state: "none" };

/** A key, or what it still waits for. */
export interface StageKey {
  /** Absent while an input is pending. */
  readonly key?: Digest;
  /** The key with every stage input left open. */
  readonly partial: Digest;
  /** The parts that are known. */
  readonly parts: readonly KeyPart[];
  /** Names of the stages whose output is not known. */
  readonly pending: readonly string[];
}

/** A key without pending inputs: all upstream stages have ended. */
export type KnownKey = StageKey & { readonly key: Digest };

interface Slot {
  readonly kind: string;
  /** Where the function gets it; the same digest elsewhere is another key. */
  readonly slot: string;
  readonly digest: string;
  readonly open: boolean;
}

/** Makes the key of a stage. `digestInput` is asked for each input, declared or read in the code. */
export function createKey(
  definition: StageDefinition,
  closure: Closure,
  digestInput: (ref: InputRef, path: string) => InputDigest,
): StageKey {
  const last = lastKeys.get(definition);
  const places = last?.closure === closure ? last.places : placesOf(definition, closure);
  const inputs = places.map(({ slot, source, path }) => ({ slot, input: readPlace(source, path, digestInput) }));
  // The same code on the same inputs has the key that it had.
  const signature = inputs.map(({ input }) => signatureOf(input));
  if (last?.closure === closure && signature.every((digest, at) => digest === last.signature[at])) return last.key;
  const key = assemble(definition, closure, inputs);
  lastKeys.set(definition, { closure, places, signature, key });
  return key;
}

interface LastKey {
  readonly closure: Closure;
  readonly places: readonly Place[];
  readonly signature: readonly string[];
  readonly key: StageKey;
}

const lastKeys = new WeakMap<StageDefinition, LastKey>();

/** One input: where it goes, and the handle or fixed value that was given. */
interface Place {
  readonly slot: string;
  readonly path: string;
  readonly source: { readonly ref: InputRef } | { readonly value: unknown } | { readonly given: ProvidedValue };
}

function placesOf(definition: StageDefinition, closure: Closure): readonly Place[] {
  const declared = definition.inputs.leaves.map((leaf): Place => {
    const given = closure.given.get(leaf.path);
    return { slot: leaf.path, path: leaf.path, source: given ? { given } : leaf };
  });
  const read = closure.parts.flatMap((part, index): Place[] =>
    part.kind === "ref" ? [{ slot: `#${index}`, path: part.name, source: part }] : [],
  );
  return [...declared, ...read];
}

function readPlace(
  source: Place["source"],
  path: string,
  digestInput: (ref: InputRef, path: string) => InputDigest,
): InputDigest {
  if ("ref" in source) return digestInput(source.ref, path);
  if ("given" in source) {
    if ("error" in source.given) throw source.given.error;
    return { state: "known", kind: "value", name: path || "input", ...source.given };
  }
  const { value } = source;
  const name = path || "input";
  return { state: "known", kind: "value", name, digest: digestValue(value, { name }), text: textOfValue(value) };
}

function signatureOf(input: InputDigest): string {
  return input.state === "known" ? input.digest : input.state === "pending" ? `waits ${input.stage}` : "none";
}

function assemble(
  definition: StageDefinition,
  closure: Closure,
  inputs: readonly { readonly slot: string; readonly input: InputDigest }[],
): StageKey {
  const options = optionParts(definition);
  const code = closure.parts.flatMap((part, index) => (part.kind === "ref" ? [] : [{ part, slot: `#${index}` }]));
  const known = inputs.flatMap(({ input }): KeyPart[] => {
    if (input.state !== "known" || input.isCode) return [];
    const { kind, name, digest, text } = input;
    return [{ kind, name, digest, text }];
  });
  const slots: readonly Slot[] = [
    { kind: "shape", slot: "", digest: digestOf(definition.inputs.shape), open: false },
    ...options.map((part) => ({ kind: part.kind, slot: part.name, digest: part.digest, open: false })),
    ...inputs.map(({ slot, input }) => slotOf(slot, input)),
    ...code.map(({ part, slot }) => ({ kind: part.kind, slot, digest: part.digest, open: false })),
  ];
  const pending = [...new Set(inputs.flatMap(({ input }) => (input.state === "pending" ? [input.stage] : [])))];
  let partial: Digest | undefined;
  return {
    ...(pending.length === 0 ? { key: digestSlots(slots, false) } : {}),
    // Asked for by few: most stages are fresh.
    get partial() {
      return (partial ??= digestSlots(slots, true));
    },
    parts: [...options, ...known, ...code.map(({ part }) => part)],
    pending,
  };
}

function slotOf(slot: string, input: InputDigest): Slot {
  switch (input.state) {
    case "known":
      return { kind: input.kind, slot, digest: input.digest, open: input.kind === "input" };
    case "pending":
      return { kind: "input", slot, digest: "", open: true };
    case "none":
      return { kind: "none", slot, digest: "", open: false };
  }
}

/** No name holds a NUL, so the joined text says where each field ends. */
function digestSlots(slots: readonly Slot[], isOpen: boolean): Digest {
  return digestOf(
    slots.map(({ kind, slot, digest, open }) => `${kind}\0${slot}\0${open && isOpen ? "open" : digest}`).join("\0"),
  );
}

/** Everything that shapes the result and is neither code nor input. The Node version counts by its major. */
function optionParts(definition: StageDefinition): readonly KeyPart[] {
  const known = partsOf.get(definition);
  if (known) return known;
  const parts = [
    ...formatParts,
    // The same function over items is another computation; how many at a time makes no difference.
    ...option("each", definition.each && (definition.each.ordered ? "in order" : "as they come")),
    ...option("codec", typeof definition.codec === "string" ? definition.codec : definition.codec?.name),
    ...option("outputs", definition.outputs && JSON.stringify([definition.outputs, definition.extra])),
    ...option("seed", definition.seed),
    ...option("version", definition.version),
  ];
  partsOf.set(definition, parts);
  return parts;
}

const partsOf = new WeakMap<StageDefinition, readonly KeyPart[]>();

function option(name: string, value: string | undefined): readonly KeyPart[] {
  return value === undefined ? [] : [{ kind: "option", name, digest: digestOf(value), text: value }];
}

const nodeMajor = process.versions.node.split(".")[0] ?? "";
const formatParts: readonly KeyPart[] = [
  { kind: "format", name: "key format", digest: digestOf(KEY_FORMAT), text: KEY_FORMAT },
  { kind: "format", name: "Node", digest: digestOf(nodeMajor), text: nodeMajor },
];
