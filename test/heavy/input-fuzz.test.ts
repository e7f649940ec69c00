/** A hundred thousand commands over the wire, ten thousand notebook files and documents of parameter values. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fuzzCommands, fuzzNotebooks, fuzzParams } from "../cli/trials/fuzz-inputs";

const seed = Number(process.env.STAGEBOOK_SEED ?? Date.now() % 1_000_000);
let base: string;
beforeAll(() => void (base = mkdtempSync(join(tmpdir(), "stagebook-fuzz-"))));
afterAll(() => rmSync(base, { recursive: true, force: true }));

test(`[Y1] 100,000 commands over the wire (seed ${seed}): no crash, and nothing is changed by a refused one`, async () => {
  const counts = { refused: 0, done: 0, failed: 0 };
  for (let part = 0; part < 50; part++) {
    const { refused, done, failed } = await fuzzCommands(2000, seed + part);
    counts.refused += refused;
    counts.done += done;
    counts.failed += failed;
  }
  console.log(counts);
  expect(counts.done).toBeGreaterThan(5000);
}, 3_600_000);

test(`[Y1] 10,000 notebook files (seed ${seed}): read, or refused with code and advice`, () => {
  console.log(`${fuzzNotebooks(base, 10_000, seed)} of 10,000 read`);
}, 600_000);

test(`[Y1] 10,000 documents of parameter values (seed ${seed}): read, or refused with code and advice`, () => {
  console.log(`${fuzzParams(base, 10_000, seed)} of 10,000 read`);
}, 600_000);
