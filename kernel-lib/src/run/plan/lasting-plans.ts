/**
 * Plans that are reused: those in which every stage is fresh, and that depend on nothing outside this kernel. Most calls find nothing to
 * do, and checking that again for each stage takes longer than the rest of the call. Used by the planner.
 */
import type { Closure } from "../../key/code/closure";
import type { InputLeaf } from "../../stage/input";
import type { Instance, Instances } from "../state/instances";
import type { ParamValues } from "../state/params";
import type { KnownResults } from "../state/known-results";
import type { Assessment } from "./classify";
import type { FullPlan } from "./full-plan";

/** How many plans are remembered: that of all stages, and those of the stages that were called last. */
const MAX_PLANS = 8;

interface LastingPlan {
  readonly plan: FullPlan;
  readonly targets: readonly Instance[];
  /** Of its stages, in the order of `assessed`. */
  readonly closures: readonly Closure[];
  readonly stages: readonly Instance[];
  readonly versions: readonly number[];
}

interface PlanBegin {
  readonly versions: readonly number[];
  readonly epoch: number;
}

export class LastingPlans {
  /** The one that was used last comes last. */
  private plans: readonly LastingPlan[] = [];

  constructor(
    private readonly parts: {
      readonly instances: Instances;
      readonly params: ParamValues;
      readonly results: KnownResults;
    },
    /** Increases with each change of the definitions of stages. */
    private readonly definitionsVersion: () => number,
  ) {}

  /** The plan of these targets, if nothing that it depends on has changed. */
  find(targets: readonly Instance[]): FullPlan | undefined {
    const found = this.plans.find((each) => isSameList(each.targets, targets));
    if (!found) return undefined;
    const others = this.plans.filter((each) => each !== found);
    const holds = isSameList(found.versions, this.versions()) && this.haveSameCode(found);
    this.plans = holds ? [...others, found] : others;
    return holds ? found.plan : undefined;
  }

  /** What the plan that is being made depends on. */
  begin(): PlanBegin {
    return { versions: this.versions(), epoch: this.parts.instances.epochNumber };
  }

  /** `begun`: before the plan was made. If something has changed meanwhile, it is unknown what the plan has seen of it. */
  keep(targets: readonly Instance[], plan: FullPlan, { versions, epoch }: PlanBegin): void {
    if (!isSameList(versions, this.versions()) || epoch !== this.parts.instances.epochNumber) return;
    const assessed = [...plan.assessed.values()];
    if (plan.graph.stuck.size > 0 || !assessed.every((each) => this.isLasting(each))) return;
    const stages = assessed.map(({ instance }) => instance);
    const closures = stages.map((instance) => this.parts.instances.closure(instance));
    const others = this.plans.filter((each) => !isSameList(each.targets, targets));
    this.plans = [...others.slice(1 - MAX_PLANS), { plan, targets, stages, closures, versions }];
  }

  /** Of everything in this kernel that plans depend on, except the code. */
  private versions(): readonly number[] {
    return [this.definitionsVersion(), this.parts.params.version, this.parts.results.version];
  }

  private haveSameCode({ stages, closures }: LastingPlan): boolean {
    const { instances } = this.parts;
    return stages.every((instance, at) => instances.closure(instance) === closures[at]);
  }

  /** Whether only the code and what has a version can change it. */
  private isLasting({ instance, key, row, entry }: Assessment): boolean {
    const { definition } = instance;
    if (!entry || row.reasons.length > 0 || definition.maxAgeMs !== undefined) return false;
    if (row.action !== "fresh" && row.action !== "load") return false;
    // What executions have read is compared with what is there now.
    if (key.parts.some(({ kind }) => kind === "read")) return false;
    const { provided } = this.parts.instances.closure(instance);
    return (
      definition.inputs.leaves.every((leaf) => "ref" in leaf || provided.has(leaf.path) || isConstant(leaf)) &&
      this.parts.instances.refs(instance).every(({ ref }) => {
        if (ref.kind === "param") return isPrimitive(this.parts.params.value(ref.name, instance.overlay));
        return ref.kind === "stage" || ref.kind === "resource";
      })
    );
  }
}

function isConstant(leaf: InputLeaf): boolean {
  return "value" in leaf && isPrimitive(leaf.value);
}

function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at]);
}
