import { expect, test } from "vitest";
import { passThrough } from "./larger-than-memory";

test("[C6] a value larger than the heap limit is produced and read in chunks: 800 MB with a heap of 64 MB", async () => {
  const { bytes, wrong, read, peakMb } = await passThrough(800, 64);
  expect({ bytes, wrong, read }).toEqual({ bytes: 800 * 1024 ** 2, wrong: 0, read: 800 * 1024 ** 2 });
  expect(peakMb).toBeLessThan(650);
});
