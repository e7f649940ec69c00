/**
 * The law of Run stale over more notebooks than `npm test` takes.
 *
 * In parts: STAGEBOOK_NOTEBOOKS=50 for fifty of them, STAGEBOOK_SEED for the first one's random numbers.
 */
import { expect, test } from "vitest";
import { checkStaleProperty } from "../notebook/cells/stale-property";

const count = Number(process.env.STAGEBOOK_NOTEBOOKS ?? 200);
const seed = Number(process.env.STAGEBOOK_SEED ?? Date.now() % 1_000_000_000);

test(`[U2] random notebooks with edits, changes in place, failures and files: after Run stale every cell shows what Run All shows: ${count} notebooks (seed ${seed})`, async () => {
  const counts = await checkStaleProperty(count, seed);
  console.log(`${count} notebooks from seed ${seed}: ${JSON.stringify(counts)}`);
  const { fresh, executed, failed, blocked } = counts;
  expect(Math.min(fresh, executed)).toBeGreaterThan(count / 10);
  // Rare: blocked cells are in about one of ten notebooks.
  if (count >= 50) expect(Math.min(failed, blocked)).toBeGreaterThan(0);
}, 3_600_000);
