import { expect, test } from "vitest";
import { orHeavy } from "../../rig/part";
import { passThrough } from "./larger-than-memory";

/** Several times the heap. */
const megabytes = orHeavy(400, 800);

test("[C6] a value larger than the heap limit is produced and read in chunks, with a heap of 64 MB", async () => {
  const { bytes, wrong, read, peakMb } = await passThrough(megabytes, 64);
  expect({ bytes, wrong, read }).toEqual({ bytes: megabytes * 1024 ** 2, wrong: 0, read: megabytes * 1024 ** 2 });
  expect(peakMb).toBeLessThan(350);
});
