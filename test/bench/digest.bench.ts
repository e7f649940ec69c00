import { createHash } from "node:crypto";
import { bench, describe } from "vitest";
import type * as Canonical from "../../kernel-lib/src/key/values/canonical";
import { loadBuilt } from "../rig/built";

const { digestValue } = await loadBuilt<typeof Canonical>("key/values/canonical");

const few = { iterations: 7, time: 0, warmupIterations: 2, warmupTime: 0 };
const rows = Array.from({ length: 200_000 }, (_, at) => ({
  id: at,
  mag: at / 7,
  place: `place ${at % 97}`,
  felt: at % 3 === 0,
  depth: at * 0.1,
}));

describe.each([
  ["1 KB", 128],
  ["1 MB", 131_072],
  ["100 MB", 13_107_200],
])("a Float64Array of %s", (_size, length) => {
  const floats = Float64Array.from({ length }, (_value, at) => at / 3);
  const bytes = new Uint8Array(floats.buffer);
  bench("digestValue", () => void digestValue(floats), few);
  bench("sha256 of the same bytes", () => void createHash("sha256").update(bytes).digest("hex"), few);
});

describe("200,000 rows of 5 fields", () => {
  bench("digestValue", () => void digestValue(rows), few);
});

describe("a Buffer of 1 MB", () => {
  const bytes = Buffer.alloc(1024 * 1024, 7);
  bench("digestValue", () => void digestValue(bytes));
  bench("sha256 of the same bytes", () => void createHash("sha256").update(bytes).digest("hex"));
});
