/** What planner, runs and bodies share: the engine as its parts see it. */
import type { KeyPart } from "../key/parts";
import type { Scopes } from "../key/scopes";
import type { CellId, EventBody, JsonObject, LogLevel, Reason, RunId } from "../protocol";
import type { Registry } from "../stage/registry";
import type { Entry, Store } from "../store/store";
import type { Scratch } from "./external/file-outputs";
import type { Files } from "./external/files";
import type { Instance, Instances } from "./state/instances";
import type { RunOverrides } from "./state/run-overrides";
import type { Outcomes } from "./state/outcomes";
import type { ParamValues } from "./state/params";
import type { Planner } from "./plan/planner";
import type { Clock } from "./state/ports";
import type { Results } from "./state/results";
import type { InFlight } from "./state/in-flight";

/** Where a log line of Stagebook's own belongs. */
export interface LogSource {
  readonly stage?: string;
  readonly cell?: CellId | null;
  readonly run?: RunId;
  readonly fields?: JsonObject;
}

export interface EngineContext {
  readonly registry: Registry;
  readonly scopes: Scopes;
  readonly instances: Instances;
  readonly params: ParamValues;
  readonly files: Files;
  readonly results: Results;
  readonly outcomes: Outcomes;
  readonly planner: Planner;
  readonly store: Store;
  readonly scratch: Scratch;
  readonly clock: Clock;
  readonly runOverrides: RunOverrides;
  readonly made: { readonly stagebook: string; readonly node: string };
  /** Bodies under way by key: equal work is done once. */
  readonly inFlight: InFlight;
  readonly emit: (event: EventBody) => void;
  readonly labelOf: (cell: CellId) => string;
  log(level: LogLevel, message: string, place?: LogSource): void;
  diff(before: readonly KeyPart[], after: readonly KeyPart[]): readonly Reason[];
  /** Runs a stage whose value turned out to be gone, in a run of its own: the one that found out may be over. */
  makeAgain(instance: Instance): Promise<Entry | undefined>;
  /** Plans anew soon; many calls make one plan. */
  refresh(): void;
}
