/** A stage as it is about to run: its definition, and the parameter values that hold for this use. */
import type { Closure } from "../../key/code/closure";
import { digestAnything, findClosure } from "../../key/code/closure";
import { textOfValue } from "../../key/describe";
import type { Scopes } from "../../key/scopes";
import type { InputView } from "../../protocol";
import { StagebookError } from "../../protocol";
import { createPartDefinition, type StageDefinition } from "../../stage/definition";
import type { InputRef, StagePart } from "../../stage/input";
import type { Registry } from "../../stage/registry";
import { noOverlay, type Overlay } from "./activity";

export type StageRef = Extract<InputRef, { kind: "stage" }>;

/** One input and where the function gets it. `implicit`: read in the code, not declared. */
interface InputPlace {
  readonly ref: InputRef;
  readonly path: string;
  readonly implicit: boolean;
}

export interface Instance {
  /** The stage's name, with the overlay's values when there are any: equal ids are one computation. */
  readonly id: string;
  readonly definition: StageDefinition;
  readonly overlay: Overlay;
}

/** What an instance needed when its inputs and the definitions were these. */
interface LastNeeds {
  readonly refs: readonly InputPlace[];
  readonly version: number;
  readonly needs: readonly Instance[];
}

/** Finds instances and walks their closures; what it found holds until the epoch ends. */
export class Instances {
  private closures = new Map<StageDefinition, Closure>();
  private readonly lastClosures = new WeakMap<StageDefinition, Closure>();
  private readonly plain = new WeakMap<StageDefinition, Instance>();
  private readonly inputs = new WeakMap<Closure, readonly InputPlace[]>();
  private readonly lastNeeds = new WeakMap<Instance, LastNeeds>();
  private readonly parts = new WeakMap<StagePart, StageDefinition>();
  private readonly partIds = new WeakMap<StagePart, string>();
  private partCount = 0;
  /** Whose stages and parameters these are. */
  owner: object | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly scopes: Scopes,
  ) {}

  /** After anything that may have run user code. */
  endEpoch(): void {
    this.closures = new Map();
  }

  /** Throws `stage-unknown` when no cell defines it now. */
  find(name: string, overlay: Overlay = noOverlay): Instance {
    const definition = this.registry.stages.get(name);
    if (definition && overlay.size > 0) return { id: `${name} with ${this.overlayId(overlay)}`, definition, overlay };
    if (definition) return this.plainInstance(definition);
    const known = this.registry.stages.all().map((each) => each.name);
    throw new StagebookError(
      "stage-unknown",
      `there is no stage "${name}"`,
      known.length ? `Stages are ${known.join(", ")}.` : `Define it: stage("${name}", () => …).`,
      { stage: name },
    );
  }

  /** The same object as long as the definition is the same. */
  private plainInstance(definition: StageDefinition): Instance {
    let instance = this.plain.get(definition);
    if (!instance) {
      instance = { id: definition.name, definition, overlay: noOverlay };
      this.plain.set(definition, instance);
    }
    return instance;
  }

  closure(instance: Instance): Closure {
    const known = this.closures.get(instance.definition) ?? this.stillHolding(instance.definition);
    if (known) return known;
    const closure = findClosure(
      instance.definition.keyedBy ?? instance.definition.fn,
      instance.definition.name,
      this.scopes,
      instance.definition.inputs.leaves,
    );
    this.closures.set(instance.definition, closure);
    this.lastClosures.set(instance.definition, closure);
    return closure;
  }

  /** The closure of an earlier epoch, when nothing that it reached has changed since. */
  private stillHolding(definition: StageDefinition): Closure | undefined {
    const last = this.lastClosures.get(definition);
    if (!last?.stillHolds?.()) return undefined;
    this.closures.set(definition, last);
    return last;
  }

  /** Every input, declared or read in the code. */
  refs(instance: Instance): readonly InputPlace[] {
    const closure = this.closure(instance);
    let found = this.inputs.get(closure);
    if (!found) {
      found = this.findInputs(instance);
      this.inputs.set(closure, found);
    }
    return found;
  }

  private findInputs(instance: Instance): readonly InputPlace[] {
    const declared = instance.definition.inputs.leaves.flatMap((leaf) =>
      "ref" in leaf ? [{ ref: leaf.ref, path: leaf.path, implicit: false }] : [],
    );
    const read = this.closure(instance).parts.flatMap((part) =>
      part.kind === "ref" && !this.isForeign(part.ref) ? [{ ref: part.ref, path: part.name, implicit: true }] : [],
    );
    // A stage that reads its own name reads its previous output; that is no edge.
    return [...declared, ...read].filter(
      ({ ref, implicit }) => !(implicit && ref.kind === "stage" && ref.name === instance.definition.name),
    );
  }

  /**
   * The instances that this one needs, each once; the same list while nothing changed. Throws `stage-unknown` for an input whose cell is
   * gone, `foreign-input` when the code reads another pipeline.
   */
  needs(instance: Instance): readonly Instance[] {
    const refs = this.refs(instance);
    const { version } = this.registry.stages;
    const last = this.lastNeeds.get(instance);
    if (last?.refs === refs && last.version === version) return last.needs;
    this.checkOwners(instance);
    const found = new Map<string, Instance>();
    for (const { ref } of refs) {
      if (ref.kind !== "stage") continue;
      const need = this.ofRef(ref, instance);
      found.set(need.id, need);
    }
    const needs = [...found.values()];
    this.lastNeeds.set(instance, { refs, version, needs });
    return needs;
  }

  /** Names of the parameters that the instances and all that they need read. */
  paramsRead(instances: readonly Instance[]): ReadonlySet<string> {
    const names = new Set<string>();
    const seen = new Set<string>();
    const open = [...instances];
    for (let at = open.pop(); at; at = open.pop()) {
      if (seen.has(at.id)) continue;
      seen.add(at.id);
      for (const { ref } of this.refs(at)) {
        if (ref.kind === "param") names.add(ref.name);
        // An input whose cell is gone is told when it is planned.
        if (ref.kind === "stage" && this.registry.stages.get(ref.name)) open.push(this.ofRef(ref, at));
      }
    }
    return names;
  }

  /** Names mean something else in another pipeline, and its keys and runs are unknown here. */
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
    return "owner" in ref && this.owner !== undefined && ref.owner !== this.owner;
  }

  /** The instance behind an input of `from`: it keeps the overlay of the one that asks. */
  ofRef(ref: StageRef, from: Instance): Instance {
    const own = ref.overrides ? new Map([...from.overlay, ...Object.entries(ref.overrides)]) : from.overlay;
    try {
      const whole = this.find(ref.name, own);
      return ref.part ? this.findPart(ref, ref.part, whole) : whole;
    } catch (error) {
      if (!(error instanceof StagebookError)) throw error;
      throw new StagebookError(
        "stage-unknown",
        `stage "${from.definition.name}" needs "${ref.name}", which no cell defines any more`,
        `Run the cell that defines "${ref.name}", or take the input out.`,
        { stage: from.definition.name },
      );
    }
  }

  private findPart(ref: StageRef, part: StagePart, whole: Instance): Instance {
    let definition = this.parts.get(part);
    if (!definition) {
      definition = createPartDefinition({ kind: "stage", name: ref.name, owner: ref.owner }, part);
      this.parts.set(part, definition);
      this.partCount++;
    }
    return { id: `${whole.id} › ${this.partId(part)}`, definition, overlay: whole.overlay };
  }

  private partId(part: StagePart): string {
    if (part.kind === "output") return part.output;
    let id = this.partIds.get(part);
    if (id === undefined) {
      id = `select ${this.partCount}`;
      this.partIds.set(part, id);
    }
    return id;
  }

  /** The text of a long value or of an object does not tell it from all others. */
  private overlayId(overlay: Overlay): string {
    return [...overlay]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${textOfValue(value)} ${digestAnything(value, this.scopes)}`)
      .join(", ");
  }

  /** What the page shows as edges. */
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
    case "computed":
      return { path, kind: "value", name: path, implicit };
    case "resource":
      return { path, kind: "value", name: ref.name, implicit };
  }
}
