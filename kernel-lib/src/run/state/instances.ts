/** Instances: a stage with the parameter values of one use, its inputs and its upstream instances. */
import type { Closure } from "../../key/code/closure";
import { digestAnything, findClosure, keepIfSame } from "../../key/code/closure";
import { startMoment } from "../../key/code/moment";
import { textOfValue } from "../../key/describe";
import type { Scopes } from "../../key/scopes";
import type { InputView } from "../../protocol";
import { isStagebookError, StagebookError } from "../../protocol";
import { createPartDefinition, type StageDefinition } from "../../stage/definition";
import type { InputRef, StagePart } from "../../stage/input";
import type { Registry } from "../../stage/registry";
import { noOverlay, type Overlay } from "./activity";
import { memo } from "./memo";
import { secrets } from "../../secrets/secret-texts";

export type StageRef = Extract<InputRef, { kind: "stage" }>;

/** One input and where the function receives it. `implicit`: read in the code, not declared. */
interface InputLocation {
  readonly ref: InputRef;
  readonly path: string;
  readonly implicit: boolean;
}

export interface Instance {
  /** The stage's name, with the overlay's values if any: equal ids are one computation. */
  readonly id: string;
  readonly definition: StageDefinition;
  readonly overlay: Overlay;
}

/** Finds instances, the functions' closures and the upstream instances. Closures hold until the epoch ends. */
export class Instances {
  private epoch = 0;
  private selects = 0;

  constructor(
    private readonly registry: Registry,
    private readonly scopes: Scopes,
    /** The pipeline that stages and parameters belong to: those of any other are foreign. */
    private readonly owner: object,
  ) {}

  /** After anything that may have run user code. */
  endEpoch(): void {
    this.epoch++;
    startMoment();
  }

  /** Closures are the same objects while it is the same. */
  get epochNumber(): number {
    return this.epoch;
  }

  /** Throws `stage-unknown` when no cell defines it now. */
  find(name: string, overlay: Overlay = noOverlay): Instance {
    const definition = this.registry.stages.get(name);
    if (definition && overlay.size > 0) return { id: `${name} with ${this.overlayId(overlay)}`, definition, overlay };
    if (definition) return this.plainInstance(definition);
    const known = this.registry.stages.all().map((each) => each.name);
    throw new StagebookError(
      "stage-unknown",
      `stage "${name}" does not exist`,
      known.length ? `Stages are ${known.join(", ")}.` : `Define it: stage("${name}", () => …).`,
      { stage: name },
    );
  }

  private readonly plainInstance = memo((definition: StageDefinition): Instance => ({
    id: definition.name,
    definition,
    overlay: noOverlay,
  }));

  closure({ definition }: Instance): Closure {
    return this.closureOf(definition, this.epoch);
  }

  /** In a later epoch it is the same closure when nothing that it reached has changed. */
  private readonly closureOf = memo(
    (definition: StageDefinition, _epoch: number, _unused: undefined, previous?: Closure): Closure => {
      if (previous?.stillHolds?.() === true) return previous;
      const { keyedBy, fn, name, inputs } = definition;
      const found = findClosure(keyedBy ?? fn, name, this.scopes, inputs.leaves);
      return previous ? keepIfSame(previous, found) : found;
    },
  );

  /** Every input, declared or read in the code. */
  refs({ definition }: Instance): readonly InputLocation[] {
    return this.refsOf(definition, this.closureOf(definition, this.epoch));
  }

  private readonly refsOf = memo(({ inputs, name }: StageDefinition, { parts }: Closure): readonly InputLocation[] => {
    const declared = inputs.leaves.flatMap((leaf) =>
      "ref" in leaf ? [{ ref: leaf.ref, path: leaf.path, implicit: false }] : [],
    );
    const read = parts.flatMap((part) =>
      part.kind === "ref" && !this.isForeign(part.ref) ? [{ ref: part.ref, path: part.name, implicit: true }] : [],
    );
    // A stage that reads its own name reads its previous output, which is not an edge.
    return [...declared, ...read].filter(
      ({ ref, implicit }) => !(implicit && ref.kind === "stage" && ref.name === name),
    );
  });

  /**
   * The upstream instances, each once; the same list while nothing changed. Throws `stage-unknown` for an input whose cell is gone,
   * `foreign-input` when the code reads another pipeline.
   */
  needs(instance: Instance): readonly Instance[] {
    return this.needsOf(instance, this.refs(instance), this.registry.stages.version);
  }

  /** Increases with each change of the definitions of stages. */
  get definitionsVersion(): number {
    return this.registry.stages.version;
  }

  private readonly needsOf = memo((instance: Instance, refs: readonly InputLocation[], _version: number) => {
    this.checkOwners(instance);
    const found = new Map<string, Instance>();
    for (const { ref } of refs) {
      if (ref.kind !== "stage") continue;
      const need = this.ofRef(ref, instance);
      found.set(need.id, need);
    }
    return [...found.values()];
  });

  /** Names of the parameters that the instances and everything upstream read. */
  paramsRead(instances: readonly Instance[]): ReadonlySet<string> {
    const names = new Set<string>();
    const seen = new Set<string>();
    const open = [...instances];
    for (let at = open.pop(); at; at = open.pop()) {
      if (seen.has(at.id)) continue;
      seen.add(at.id);
      for (const { ref } of this.refs(at)) {
        if (ref.kind === "param") names.add(ref.name);
        // Planning reports an input whose cell is gone.
        if (ref.kind === "stage" && this.registry.stages.get(ref.name)) open.push(this.ofRef(ref, at));
      }
    }
    return names;
  }

  /** Throws `foreign-input` for a name that another pipeline defines. */
  private checkOwners(instance: Instance): void {
    const stage = instance.definition.name;
    for (const part of this.closure(instance).parts)
      if (part.kind === "ref" && this.isForeign(part.ref))
        throw new StagebookError(
          "foreign-input",
          `stage "${stage}" reads ${part.name}, which belongs to another pipeline`,
          "Define both with the same stage() and param().",
          { stage },
        );
  }

  private isForeign(ref: InputRef): boolean {
    return "owner" in ref && ref.owner !== this.owner;
  }

  /** The instance behind an input of `from`, under the same parameter values. */
  ofRef(ref: StageRef, from: Instance): Instance {
    const own = ref.overrides ? new Map([...from.overlay, ...Object.entries(ref.overrides)]) : from.overlay;
    try {
      const whole = this.find(ref.name, own);
      return ref.part ? this.findPart(ref, ref.part, whole) : whole;
    } catch (error) {
      if (!isStagebookError(error)) throw error;
      throw new StagebookError(
        "stage-unknown",
        `stage "${from.definition.name}" depends on "${ref.name}", which no cell defines any more`,
        `Run the cell that defines "${ref.name}", or remove the input.`,
        { stage: from.definition.name },
      );
    }
  }

  private findPart(ref: StageRef, part: StagePart, whole: Instance): Instance {
    const { id, definition } = this.partOf(part, ref.name, ref.owner);
    return { id: `${whole.id} › ${id}`, definition, overlay: whole.overlay };
  }

  private readonly partOf = memo((part: StagePart, name: string, owner: object) => ({
    id: part.kind === "output" ? part.output : `select ${++this.selects}`,
    definition: createPartDefinition({ kind: "stage", name, owner }, part),
  }));

  /** With digests: the text of a long value or of an object does not identify it. */
  private overlayId(overlay: Overlay): string {
    return [...overlay]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${secrets.mask(textOfValue(value))} ${digestAnything(value, this.scopes)}`)
      .join(", ");
  }

  /** The edges that the page shows. */
  inputViews(instance: Instance): readonly InputView[] {
    const views = this.refs(instance).map(({ ref, path, implicit }) => inputView(ref, path, implicit));
    const constants = instance.definition.inputs.leaves.flatMap((leaf): InputView[] =>
      "ref" in leaf
        ? []
        : leaf.value === undefined || !instance.definition.takesInputs
          ? []
          : [{ path: leaf.path, kind: "value", name: leaf.path, implicit: false }],
    );
    const seen = new Set<string>();
    return [...views, ...constants].filter((view) => {
      const id = `${view.kind} ${view.name} ${view.kind === "value" ? view.path : ""}`;
      return seen.has(id) ? false : (seen.add(id), true);
    });
  }
}

function inputView(ref: InputRef, path: string, implicit: boolean): InputView {
  switch (ref.kind) {
    case "stage":
    case "param":
      return { path, kind: ref.kind, name: ref.name, implicit };
    case "file":
      return { path, kind: "file", name: ref.path, implicit };
    case "files":
      return { path, kind: "files", name: ref.pattern, implicit };
    case "computed":
      return { path, kind: "value", name: path, implicit };
    case "resource":
      return { path, kind: "value", name: ref.name, implicit };
  }
}
