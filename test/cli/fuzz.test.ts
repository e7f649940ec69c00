/** Hostile inputs from outside: some of them here, many in `test/heavy`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fuzzCommands, fuzzNotebooks, fuzzParams } from "./trials/fuzz-inputs";

const seed = Number(process.env.STAGEBOOK_SEED ?? 20261130);
let base: string;
beforeAll(() => void (base = mkdtempSync(join(tmpdir(), "stagebook-fuzz-"))));
afterAll(() => rmSync(base, { recursive: true, force: true }));

test(`[Y1] 2,000 commands over the wire (seed ${seed}): no crash, and nothing is changed by a refused one`, async () => {
  const { refused, done } = await fuzzCommands(2000, seed);
  expect([refused > 200, done > 100]).toEqual([true, true]);
});

test(`[Y1] 500 notebook files (seed ${seed}): read, or refused with code and advice`, () => {
  expect(fuzzNotebooks(base, 500, seed)).toBeGreaterThan(20);
});

test(`[Y1] 500 documents of parameter values (seed ${seed}): read, or refused with code and advice`, () => {
  expect(fuzzParams(base, 500, seed)).toBeGreaterThan(20);
});
