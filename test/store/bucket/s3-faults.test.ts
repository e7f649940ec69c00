/** The contract on a real S3 server behind a network that breaks connections, truncates responses and throttles. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { bucketStore } from "stagebook";
import { createS3Bucket } from "../../../kernel-lib/src/store/bucket/s3/s3-bucket";
import type { Store } from "../../../kernel-lib/src/store/store";
import { part } from "../../rig/part";
import { startFaultProxy, type FaultProxy } from "../../rig/store/fault-proxy";
import { startS3Server, type S3Server } from "../../rig/store/s3-server";
import { awkwardNames, describeStore } from "../contract/contract";
import { describeRest } from "../contract/contract-maintenance";

const seed = Number(process.env.STAGEBOOK_SEED ?? Math.floor(Math.random() * 1e9));

let server: S3Server;
let proxy: FaultProxy;
let stores = 0;
beforeAll(async () => {
  server = await startS3Server();
  proxy = await startFaultProxy(server.port, seed);
  proxy.setFaults(0.06);
});
afterAll(async () => {
  await proxy.stop();
  await server.stop();
});

async function openFaulty(): Promise<Store> {
  const environment = { ...server.environment, AWS_ENDPOINT_URL: proxy.url };
  const bucket = createS3Bucket(`s3://${server.bucket}/store-${stores++}`, environment);
  return bucketStore(bucket, { onProblem: () => undefined });
}

// s3-contract.test.ts tries all names.
describeStore(`faulty S3 (seed ${seed})`, openFaulty, part(awkwardNames, 4));
describeRest(`faulty S3 (seed ${seed})`, openFaulty);

test(`[R12] all kinds of faults occurred (seed ${seed})`, () => {
  for (const [kind, count] of Object.entries(proxy.counts)) expect([kind, count > 0]).toEqual([kind, true]);
});
