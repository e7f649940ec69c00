import { expect, test } from "vitest";
import { passThrough } from "../run/streams/larger-than-memory";

test("[C6] 4 GB pass through a process with a heap of 512 MB", { timeout: 600_000 }, async () => {
  const passed = await passThrough(4096, 512);
  console.log(`larger than memory: ${JSON.stringify(passed)}`);
  expect(passed).toMatchObject({ bytes: 4096 * 1024 ** 2, wrong: 0, read: 4096 * 1024 ** 2 });
  expect(passed.peakMb).toBeLessThan(1024);
});
