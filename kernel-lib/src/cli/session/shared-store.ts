/** The store of workers: several processes must reach it. */
import { isStoreName } from "../../store/store-url";
import { UsageError } from "../terminal/usage-error";

/** Refuses workers whose results nobody else would see. */
export function checkSharedStore(store: string | undefined): void {
  if (store === undefined || !isStoreName(store)) return;
  throw new UsageError(
    "worker-store",
    `in the store "${store}" the results of a worker exist in its own process only`,
    "Set STAGEBOOK_STORE, or pass --store: a folder that all processes share, or a bucket: s3://bucket/prefix.",
  );
}
