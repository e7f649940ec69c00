/** The key of a stage: the digest of its parts. Pure; the planner supplies the digest of each input. */
import type { Digest } from "../protocol";
import type { StageDefinition } from "../stage/definition";
import type { InputLeaf, InputRef } from "../stage/input";
import { digestValue } from "./values/canonical";
import { secrets } from "../secrets/secret-texts";
import type { Closure } from "./code/closure";
import { textOfValue } from "./describe";
import { digestContent, digestOf } from "./digest";
import type { ProvidedValue } from "./code/reached-values";
import type { KeyPart } from "./parts";

/** Part of every key: when the way keys are computed changes, every result becomes stale. */
export const KEY_FORMAT = "2";

/** The current digest of an input. `pending`: a stage whose output is not known yet. `none`: it does not count. */
export type InputDigest =
  | {
      readonly state: "known";
      readonly kind: "param" | "input" | "file" | "files" | "value";
      readonly name: string;
      readonly digest: Digest;
      readonly text: string;
      readonly members?: KeyPart["members"];
      /** A part of the code represents it completely. */
      readonly isCode?: boolean;
    }
  | { readonly state: "pending"; readonly stage: string }
  | { readonly state: "none" };

/** A key, or the stages that it still waits for. */
export interface StageKey {
  /** Absent while an input is pending. */
  readonly key?: Digest;
  /** The key without the outputs of upstream stages. */
  readonly partial: Digest;
  /** The known parts. */
  readonly parts: readonly KeyPart[];
  /** Names of the stages whose output is not known yet. */
  readonly pending: readonly string[];
}

/** A key without pending inputs: all upstream stages have ended. */
export type KnownKey = StageKey & { readonly key: Digest };

/** A read of an execution. `id`: the same on all machines. */
export interface ReadPart {
  readonly id: string;
  readonly part: KeyPart;
}

/** The key of a result whose execution read something beyond its declared inputs. Those reads count like inputs. */
export function extendKey(declared: KnownKey, reads: readonly ReadPart[]): KnownKey {
  if (reads.length === 0) return declared;
  const read = reads.map(({ id, part }) => `${id}\0${part.digest}`).join("\0");
  return {
    key: digestOf(`${declared.key}\0reads\0${read}`),
    get partial() {
      return declared.partial;
    },
    parts: [...declared.parts, ...reads.map(({ part }) => part)],
    pending: declared.pending,
  };
}

/** Computes the key of a stage. `digestInput` is called for each input, declared or read in the code. */
export function createKey(
  definition: StageDefinition,
  closure: Closure,
  digestInput: (ref: InputRef, path: string) => InputDigest,
): StageKey {
  const last = lastKeys.get(definition);
  // A digest is computed with a key as soon as something in it is a secret.
  const isLast = last?.closure === closure && last.secretsVersion === secrets.version;
  const frame = isLast ? last.frame : createFrame(definition, closure);
  const inputs = frame.slots.map(({ source, path }) => digestSource(source, path, digestInput));
  // The same code on the same inputs has the same key.
  if (isLast && inputs.every((input, at) => isSameInput(input, last.inputs[at]))) return last.key;
  const key = assemble(frame, inputs);
  lastKeys.set(definition, { closure, frame, inputs, key, secretsVersion: secrets.version });
  return key;
}

interface LastKey {
  readonly closure: Closure;
  readonly frame: KeyFrame;
  /** One for each slot. */
  readonly inputs: readonly InputDigest[];
  readonly key: StageKey;
  readonly secretsVersion: number;
}

const lastKeys = new WeakMap<StageDefinition, LastKey>();

/** What all keys of a stage have in common as long as its code is the same. */
interface KeyFrame {
  readonly slots: readonly InputSlot[];
  readonly options: readonly KeyPart[];
  readonly code: readonly KeyPart[];
  /** The text that is digested, before and after that of the inputs. */
  readonly before: string;
  readonly after: string;
}

function createFrame(definition: StageDefinition, closure: Closure): KeyFrame {
  const options = optionParts(definition);
  const code = closure.parts.flatMap((part, index) => (part.kind === "ref" ? [] : [{ part, slot: `#${index}` }]));
  const shape = slotText("shape", "", digestOf(definition.inputs.shape));
  return {
    slots: inputSlotsOf(definition, closure),
    options,
    code: code.map(({ part }) => part),
    before: [shape, ...options.map(({ kind, name, digest }) => slotText(kind, name, digest))].join("\0"),
    after: code.map(({ part: { kind, digest }, slot }) => `\0${slotText(kind, slot, digest)}`).join(""),
  };
}

/** One input: its slot, and the handle or fixed value in it. */
interface InputSlot {
  readonly slot: string;
  readonly path: string;
  readonly source: InputSource;
}

type InputSource =
  | { readonly ref: InputRef }
  | { readonly value: unknown }
  | { readonly provided: ProvidedValue }
  /** A value that cannot change. */
  | { readonly fixed: InputDigest };

function inputSlotsOf(definition: StageDefinition, closure: Closure): readonly InputSlot[] {
  const declared = definition.inputs.leaves.map((leaf): InputSlot => {
    const provided = closure.provided.get(leaf.path);
    return { slot: leaf.path, path: leaf.path, source: provided ? { provided } : sourceOf(leaf) };
  });
  const read = closure.parts.flatMap((part, index): InputSlot[] =>
    part.kind === "ref" ? [{ slot: `#${index}`, path: part.name, source: part }] : [],
  );
  return [...declared, ...read];
}

function sourceOf(leaf: InputLeaf): InputSource {
  if ("ref" in leaf) return leaf;
  const isFixed = leaf.value === null || (typeof leaf.value !== "object" && typeof leaf.value !== "function");
  return isFixed ? { fixed: digestFixed(leaf.value, leaf.path) } : leaf;
}

function digestFixed(value: unknown, path: string): InputDigest {
  const name = path || "input";
  return { state: "known", kind: "value", name, digest: digestValue(value, { name }), text: textOfValue(value) };
}

function digestSource(
  source: InputSource,
  path: string,
  digestInput: (ref: InputRef, path: string) => InputDigest,
): InputDigest {
  if ("ref" in source) return digestInput(source.ref, path);
  if ("fixed" in source) return source.fixed;
  if ("value" in source) return digestFixed(source.value, path);
  if ("error" in source.provided) throw source.provided.error;
  return { state: "known", kind: "value", name: path || "input", ...source.provided };
}

function isSameInput(input: InputDigest, last: InputDigest | undefined): boolean {
  if (input === last) return true;
  if (input.state === "known") return last?.state === "known" && input.digest === last.digest;
  if (input.state === "pending") return last?.state === "pending" && input.stage === last.stage;
  return last?.state === "none";
}

function assemble({ slots, options, code, before, after }: KeyFrame, inputs: readonly InputDigest[]): StageKey {
  const known = inputs.flatMap((input): KeyPart[] => {
    if (input.state !== "known" || input.isCode) return [];
    const { kind, name, digest, text, members } = input;
    return [{ kind, name, digest, text, ...(members && { members }) }];
  });
  const digest = (isOpen: boolean): Digest =>
    digestOf(before + slots.map(({ slot }, at) => `\0${inputText(slot, inputs[at], isOpen)}`).join("") + after);
  const pending = [...new Set(inputs.flatMap((input) => (input.state === "pending" ? [input.stage] : [])))];
  let partial: Digest | undefined;
  return {
    ...(pending.length === 0 ? { key: digest(false) } : {}),
    // Computed on demand: most stages are fresh and never need it.
    get partial() {
      return (partial ??= digest(true));
    },
    parts: [...options, ...known, ...code],
    pending,
  };
}

/** `isOpen`: the outputs of upstream stages do not count. */
function inputText(slot: string, input: InputDigest | undefined, isOpen: boolean): string {
  switch (input?.state) {
    case "known":
      return slotText(input.kind, slot, isOpen && input.kind === "input" ? "open" : input.digest);
    case "pending":
      return slotText("input", slot, isOpen ? "open" : "");
    default:
      return slotText("none", slot, "");
  }
}

/**
 * One part of a key. `slot`: where the function receives it; the same digest in another slot is another key. Names contain no NUL, so
 * joined texts are unambiguous.
 */
function slotText(kind: string, slot: string, digest: string): string {
  return `${kind}\0${slot}\0${digest}`;
}

/** The parts that affect the result and are neither code nor input. Of the Node version the major counts. */
function optionParts(definition: StageDefinition): readonly KeyPart[] {
  const known = partsOf.get(definition);
  if (known?.secretsVersion === secrets.version) return known.parts;
  const parts = [
    ...formatParts,
    // The same function over items is another computation; the number of workers makes no difference.
    ...option("each", definition.each && (definition.each.ordered ? "in order" : "as they come")),
    ...option("codec", typeof definition.codec === "string" ? definition.codec : definition.codec?.name),
    ...option("outputs", definition.outputs && JSON.stringify([definition.outputs, definition.extra])),
    ...option("seed", definition.seed),
    ...option("version", definition.version),
  ];
  partsOf.set(definition, { parts, secretsVersion: secrets.version });
  return parts;
}

const partsOf = new WeakMap<StageDefinition, { readonly parts: readonly KeyPart[]; readonly secretsVersion: number }>();

function option(name: string, value: string | undefined): readonly KeyPart[] {
  return value === undefined ? [] : [{ kind: "option", name, digest: digestContent(value), text: value }];
}

const nodeMajor = process.versions.node.split(".")[0] ?? "";
const formatParts: readonly KeyPart[] = [
  { kind: "format", name: "key format", digest: digestOf(KEY_FORMAT), text: KEY_FORMAT },
  { kind: "format", name: "Node", digest: digestOf(nodeMajor), text: nodeMajor },
];
