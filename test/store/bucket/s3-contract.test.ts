/** A store in a bucket of a real S3 server against the complete contract. */
import { afterAll, beforeAll } from "vitest";
import { bucketStore } from "stagebook";
import { createS3Bucket } from "../../../kernel-lib/src/store/bucket/s3/s3-bucket";
import type { Store } from "../../../kernel-lib/src/store/store";
import { startS3Server, type S3Server } from "../../rig/store/s3-server";
import { describeStore } from "../contract/contract";
import { describeRest } from "../contract/contract-maintenance";

let server: S3Server;
let stores = 0;
beforeAll(async () => (server = await startS3Server()));
afterAll(() => server.stop());

async function openS3(): Promise<Store> {
  const bucket = createS3Bucket(`s3://${server.bucket}/team/store-${stores++}`, server.environment);
  return bucketStore(bucket, { onProblem: () => undefined });
}

describeStore("S3", openS3);
describeRest("S3", openS3);
