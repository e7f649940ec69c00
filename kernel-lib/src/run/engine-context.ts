/** The parts of an assembled engine, for the execution of stages. Assembled in engine.ts; planning and queries receive only the parts that they use. */
import type { KeyPart } from "../key/parts";
import type { Scopes } from "../key/scopes";
import type { CellId, EventBody, Reason } from "../protocol";
import type { Registry } from "../stage/registry";
import type { Entry, Store } from "../store/store";
import type { Scratch } from "./external/file-outputs";
import type { Files } from "./external/files";
import type { Instance, Instances } from "./state/instances";
import type { Log, ReportStoreProblem } from "./state/logger";
import type { RunOverrides } from "./state/run-overrides";
import type { Outcomes } from "./state/outcomes";
import type { ParamValues } from "./state/params";
import type { ObservedResults } from "./plan/observed-results";
import type { FullPlan } from "./plan/full-plan";
import type { Planner } from "./plan/planner";
import type { Clock } from "./state/ports";
import type { KnownResults } from "./state/known-results";
import type { InFlight } from "./state/in-flight";

export interface EngineContext {
  readonly registry: Registry;
  readonly scopes: Scopes;
  readonly instances: Instances;
  readonly params: ParamValues;
  readonly files: Files;
  readonly results: KnownResults;
  readonly observed: ObservedResults;
  readonly outcomes: Outcomes;
  readonly planner: Planner;
  readonly store: Store;
  readonly scratch: Scratch;
  readonly clock: Clock;
  /** The overrides that apply to the code that is executing now. */
  readonly runOverrides: RunOverrides;
  readonly versions: { readonly stagebook: string; readonly node: string };
  /** Executions in flight by key: identical work runs once. */
  readonly inFlight: InFlight;
  readonly emit: (event: EventBody) => void;
  /** Several events in order, at a fraction of the cost of one by one. */
  readonly emitAll: (events: readonly EventBody[]) => void;
  readonly labelOf: (cell: CellId) => string;
  readonly log: Log;
  readonly reportStoreProblem: ReportStoreProblem;
  diff(before: readonly KeyPart[], after: readonly KeyPart[]): readonly Reason[];
  /** True once per stage that the command line forces to run. */
  takeForced(stage: string): boolean;
  /** Recomputes a stage whose value is missing, in a run of its own: the run that found it missing may have ended. */
  recompute(instance: Instance): Promise<Entry | undefined>;
  /** Shows the edges of the stages that a run has planned. */
  showInputs(assessed: FullPlan["assessed"]): void;
  /** Requests a plan; many requests make one plan. */
  requestPlan(): void;
}
