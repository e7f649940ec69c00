/** A user's own bucket against the complete contract. */
import { bucketStore } from "stagebook";
import type { Store } from "../../../kernel-lib/src/store/store";
import { describeStore } from "../contract/contract";
import { describeRest } from "../contract/contract-maintenance";
import { createMapBucket } from "../contract/map-bucket";

async function openMap(): Promise<Store> {
  return bucketStore(createMapBucket(), { onProblem: () => undefined });
}

describeStore("user's own bucket", openMap);
describeRest("user's own bucket", openMap);
