/** The public API behind the handles in cells, composed of queries, calls, exported inputs and parameters. */
import type { View } from "../../protocol";
import type { HandleApi } from "../../stage/handle";
import { ClusterRuns, type ClusterParts } from "../cluster/cluster-runs";
import type { Engine } from "../engine";
import { Calls } from "./calls";
import { ExportedInputs } from "./exported-inputs";
import { ParamAccess } from "./param-access";
import { Queries } from "./queries";
import { Targets } from "./targets";

export interface PublicApi extends HandleApi {
  readonly queries: Queries;
  readonly params: ParamAccess;
}

/** `view`: the view that the page shows. `cluster`: what starts workers, without the engine. */
export function createPublicApi(engine: Engine, view: () => View, cluster: Omit<ClusterParts, "engine">): PublicApi {
  const { instances, results, store, log, context } = engine;
  const targets = new Targets({ instances, params: engine.params, watch: (instance) => engine.watch(instance) });
  const run = engine.run.bind(engine);
  return {
    owner: engine,
    queries: new Queries({ targets, instances, results, store, view, plan: engine.plan.bind(engine) }),
    calls: new Calls({ targets, run, log, cluster: new ClusterRuns({ engine, ...cluster }), params: engine.params }),
    exports: new ExportedInputs({ targets, run, context }),
    params: new ParamAccess({
      params: engine.params,
      log,
      checkParamsFree: (names) => engine.checkParamsFree(names),
      changed: () => engine.changed("params"),
    }),
  };
}
