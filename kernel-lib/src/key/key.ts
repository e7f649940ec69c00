/** The key of a stage: the digest of its parts. Pure; the planner says what each input's digest is. */
import type { Digest } from "../protocol";
import type { StageDefinition } from "../stage/definition";
import type { InputRef } from "../stage/input";
import { digestValue } from "./canonical";
import type { Closure } from "./closure";
import { textOfValue } from "./describe";
import { digestOf } from "./digest";
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
  const slots: Slot[] = [];
  const parts: KeyPart[] = [];
  const pending = new Set<string>();
  const add = (part: KeyPart, slot: string, open = false): void => {
    parts.push(part);
    slots.push({ kind: part.kind, slot, digest: part.digest, open });
  };
  const addInput = (ref: InputRef, slot: string, path: string): void => {
    const input = digestInput(ref, path);
    if (input.state === "known")
      return add(
        { kind: input.kind, name: input.name, digest: input.digest, text: input.text },
        slot,
        input.kind === "input",
      );
    if (input.state === "pending") pending.add(input.stage);
    slots.push({
      kind: input.state === "pending" ? "input" : "none",
      slot,
      digest: "",
      open: input.state === "pending",
    });
  };

  for (const part of optionParts(definition)) add(part, part.name);
  for (const leaf of definition.inputs.leaves)
    if ("ref" in leaf) addInput(leaf.ref, leaf.path, leaf.path);
    else
      add(
        {
          kind: "value",
          name: leaf.path,
          digest: digestValue(leaf.value, { name: leaf.path || "input" }),
          text: textOfValue(leaf.value),
        },
        leaf.path,
      );
  closure.parts.forEach((part, index) =>
    part.kind === "ref" ? addInput(part.ref, `#${index}`, part.name) : add(part, `#${index}`),
  );

  let partial: Digest | undefined;
  return {
    ...(pending.size === 0 ? { key: digestSlots(slots, false) } : {}),
    // Asked for by few: most stages are fresh.
    get partial() {
      return (partial ??= digestSlots(slots, true));
    },
    parts,
    pending: [...pending],
  };
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
    ...option("codec", definition.codec?.name),
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
