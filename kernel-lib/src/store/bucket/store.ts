/** A store in any object storage that implements `Bucket`. Used for `s3://…`, and by users for storages of their own. */
import { composeStore } from "../compose-store";
import { BucketNotebooks } from "../notebooks/bucket-notebooks";
import { ProcessFiles } from "../memory/process-files";
import type { EntrySeal } from "../records/entry-record";
import { EvictedBlobs } from "../records/evicted-blobs";
import type { OnStoreProblem, Store } from "../store";
import { BucketBlobs } from "./blobs";
import { ClaimObjects } from "./claim-objects";
import { BucketClaims } from "./claims";
import { BucketHeads } from "./heads";
import { BucketLive } from "./live";
import { BucketMaintenance } from "./maintenance/maintenance";
import { EVICTED, Sequence } from "./names";
import { OpenedBucket } from "./opened";
import { PendingRemovals } from "./pending-removals";
import type { Bucket } from "./port";
import { BucketRecords } from "./records";
import { BucketResults } from "./results";
import { BucketRuns } from "./runs";
import { BucketStageFiles } from "./stage-files";
import { BucketUses } from "./uses";
import { BucketWriter } from "./writer";

/** Options of `bucketStore`. */
export interface BucketStoreOptions {
  /** Receives a warning for what is missing, damaged or not trusted, once each. Default: `process.emitWarning`. */
  readonly onProblem?: OnStoreProblem;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** Settings of a store whose bucket is shared with others. */
export interface SharedBucketOptions extends BucketStoreOptions {
  /** Signs entries; those that it did not sign are treated as absent. */
  readonly seal?: EntrySeal;
  /** Reading writes nothing, not even when a result was last used. */
  readonly isReadOnly?: boolean;
  /** Reading rejects when the bucket cannot be reached. Default: that is reported once, and the result is treated as absent. */
  readonly throwsUnreachable?: boolean;
}

/**
 * The complete store contract on top of a bucket: many machines may use it at the same time, identical work runs once, and maintenance
 * never removes what others are about to use. Pass it to `createPipeline({ store })`.
 */
export function bucketStore(bucket: Bucket, options: BucketStoreOptions = {}): Store {
  return createBucketStore(bucket, options);
}

/** The same, with the settings of a shared bucket. */
export function createBucketStore(bucket: Bucket, options: SharedBucketOptions): Store {
  const { onProblem = emitWarning, now = Date.now, seal, isReadOnly = false, throwsUnreachable = false } = options;
  const opened = new OpenedBucket(bucket, onProblem, throwsUnreachable);
  const { warn } = opened;
  const sequence = new Sequence();
  const live = new BucketLive(bucket);
  const evicted = new EvictedBlobs(new BucketRecords(bucket), EVICTED);
  const blobs = new BucketBlobs(bucket, evicted, warn);
  const heads = new BucketHeads(bucket, sequence);
  const pendingRemovals = new PendingRemovals(bucket, live);
  const claimObjects = new ClaimObjects(bucket, live, throwsUnreachable ? rejectWith : warn);
  const uses = new BucketUses(bucket, now);
  const claims = new BucketClaims(opened, claimObjects, live);
  const writer = new BucketWriter({ opened, live, pendingRemovals, blobs, heads, seal });
  const context = { bucket, blobs, heads, live, pendingRemovals, claimObjects, evicted, uses, now, pinned: () => claims.listPins() }; // prettier-ignore
  const maintenance = new BucketMaintenance(opened, context);
  return composeStore({
    location: bucket.location,
    results: new BucketResults({ opened, blobs, heads, uses, writer, maintenance, seal, isReadOnly }),
    runLog: new BucketRuns(opened, sequence),
    notebooks: new BucketNotebooks(opened),
    stageFiles: new BucketStageFiles(opened, new ProcessFiles(), blobs, writer),
    claims,
    maintenance,
  });
}

function rejectWith(message: string): never {
  throw new Error(message);
}

function emitWarning(message: string, where: string): void {
  process.emitWarning(`${where} ${message}`, "StagebookWarning");
}
