/** How the environment and the options of `createPipeline` choose the store. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openStore } from "../../kernel-lib/src/store/open-store";
import { resultOf } from "./contract/entries";
import { createMapBucket } from "./contract/map-bucket";

const folder = (): string => join(mkdtempSync(join(tmpdir(), "stagebook-open-")), "store");
const keys = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" };

function open(choice: string | object | undefined, environment: Record<string, string> = {}) {
  return openStore({
    choice,
    environment,
    folder: process.cwd(),
    notebook: "n",
    now: Date.now,
    onProblem: () => undefined,
  }).store;
}

describe("[C4] [Y1] opening a store", () => {
  test("[C4] each kind by its name", () => {
    const path = folder();
    expect(open("memory").location).toBe("memory");
    expect(open("none").location).toBe("none");
    expect(open(path).location).toBe(path);
    expect(open(undefined, { STAGEBOOK_STORE: path }).location).toBe(path);
    expect(open("s3://bucket/some/prefix/", keys).location).toBe("s3://bucket/some/prefix");
    expect(open(createMapBucket("mine")).location).toBe("mine");
    const store = open("memory");
    expect(open(store)).toBe(store);
    expect(open(path, { STAGEBOOK_SHARED_STORE: "s3://bucket", ...keys }).location).toBe(path);
  });

  test.each<[string, Record<string, string>, string, RegExp]>([
    ["ftp://x/y", {}, "store-kind", /no store can be opened at "ftp:\/\/x\/y"/],
    ["s3://B/x", keys, "store-location", /is not a valid S3 location/],
    ["s3://bucket/a/../b", keys, "store-location", /is not a valid S3 location/],
    ["s3://bucket/a", { ...keys, AWS_ENDPOINT_URL: "localhost:9000" }, "store-location", /AWS_ENDPOINT_URL/],
    ["s3://bucket/a", {}, "store-credentials", /no credentials for s3:\/\/bucket\/a/],
    ["folder", { STAGEBOOK_SHARED_STORE: "s3://bucket/a" }, "store-credentials", /no credentials/],
    ["folder", { STAGEBOOK_SHARED_STORE: "folder" }, "store-options", /the store's own folder/],
    ["folder", { STAGEBOOK_SHARED_READONLY: "maybe" }, "store-options", /STAGEBOOK_SHARED_READONLY is "maybe"/],
    [
      "folder",
      { STAGEBOOK_TRUST_NAME: "team" },
      "store-options",
      /STAGEBOOK_TRUST_NAME is "team": STAGEBOOK_TRUST_KEY is not set/,
    ],
    ["folder", { STAGEBOOK_TRUST_KEY: "short" }, "trust-key", /STAGEBOOK_TRUST_KEY cannot be used/],
    ["s3://bucket/a", { ...keys, STAGEBOOK_TRUST_KEY: `ed25519-public:${"A".repeat(43)}=` }, "trust-key", /public key/],
    [
      "folder",
      { STAGEBOOK_MAX_BYTES: "much" },
      "store-options",
      /STAGEBOOK_MAX_BYTES is "much": it is not a valid size/,
    ],
    ["folder", { STAGEBOOK_MAX_BYTES: "10 parsecs" }, "store-options", /STAGEBOOK_MAX_BYTES/],
  ])("[Y1] %s with %j: one clear error (%s)", (choice, environment, code, message) => {
    const attempt = () => open(choice, environment);
    expect(attempt).toThrow(message);
    try {
      attempt();
    } catch (error) {
      expect(error).toMatchObject({ name: "StagebookError", code });
      expect((error as { advice: string }).advice).not.toBe("");
    }
  });

  test("[Y1] an object that is neither a Store nor a Bucket is rejected with the names of the missing methods", () => {
    expect(() => open({ get: () => undefined, put: () => undefined })).toThrow(/is missing: find, putIfAbsent/);
  });

  test("[C13] STAGEBOOK_MAX_BYTES limits the store in a folder", async () => {
    const store = open(folder(), { STAGEBOOK_MAX_BYTES: "0.1 MB" });
    const head = { notebook: "n", stage: "s" };
    const results = Array.from({ length: 20 }, (_, at) => resultOf(`${at}`, `${at} `.repeat(20_000)));
    for (const { entry, blobs } of results) await store.commit(head, entry, blobs);
    await expect.poll(() => store.isWhole(results[0]!.entry)).toBe(false);
    expect(await store.isWhole(results[19]!.entry)).toBe(true);
  });
});
