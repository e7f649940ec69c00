/**
 * # Stores
 *
 * Storages of your own: a `Bucket` for `bucketStore`, or all the ports of a `Store`.
 *
 * @module
 */
export {
  bucketStore,
  type BucketStoreOptions,
  type Bucket,
  type BucketItem,
  type Store,
  type StoreInfo,
  type Results,
  type RunLog,
  type Notebooks,
  type StageFiles,
  type Claims,
  type Maintenance,
  type Entry,
  type KeyPart,
  type BlobRef,
  type FileRef,
  type NewBlob,
  type TracedRead,
  type NotebookRecord,
  type HeadName,
  type HeadRow,
  type Claim,
  type ClaimOptions,
  type ClaimOutcome,
  type Holder,
  type GcOptions,
  type GcReport,
  type RemovedNotebook,
  type VerifyOptions,
  type VerifyReport,
  type ThreadAccess,
  type OnStoreProblem,
  type Digest,
  type RunId,
} from "stagebook";
