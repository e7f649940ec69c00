/** A local store in front of a shared one, so that results of others need not be recomputed. */
import { composeStore } from "../compose-store";
import type { Store } from "../store";
import { TieredClaims } from "./claims";
import { TieredResults } from "./results";
import { SharedTier, type TieredStoreOptions } from "./shared-tier";
import { TieredStageFiles } from "./stage-files";

/**
 * Reads come from the local store, else from the shared one, and are then stored locally. Writes go to the local store and, once durable
 * there, to the shared one. Histories, runs, `gc` and `verify` are those of the local store; `clear` and pins affect both. In the shared
 * store each local store has its own histories, so that `clear` removes there only what no other has reached. A failure of the shared
 * store is never an error: it is reported once, and the store is not used for a while.
 */
export function createTieredStore(options: TieredStoreOptions): Store {
  const { local, shared } = options;
  const tier = new SharedTier(options);
  const stageFiles = new TieredStageFiles(tier);
  return composeStore({
    location: local.location,
    latestWritten: async () => {
      await Promise.all([local.latestWritten?.(), shared.latestWritten?.()]);
    },
    results: new TieredResults(tier, stageFiles),
    runLog: local,
    notebooks: local,
    stageFiles,
    claims: new TieredClaims(tier),
    maintenance: local,
  });
}
