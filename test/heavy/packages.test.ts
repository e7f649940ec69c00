/** What the user gives to the most used data packages counts, and nothing else of them: with the packages installed from the registry. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tryPackages, type PackageOutcome } from "../key/packages/try-packages";
import { packageCases } from "./package-cases";

/** The versions that the cases were written for. */
const PACKAGES = [
  "mathjs@15.2.0",
  "zod@4.6.7",
  "ramda@0.32.0",
  "effect@4.1.0",
  "immutable@5.2.1",
  "temporal-polyfill@1.0.8",
  "@js-temporal/polyfill@0.5.1",
  "date-fns@4.4.0",
  "simple-statistics@7.12.1",
  "ml-matrix@6.15.1",
  "ml-kmeans@7.0.1",
  "ml-regression-simple-linear@3.0.1",
  "papaparse@5.7.1",
  "fp-ts@2.16.11",
  "immer@11.2.13",
  "luxon@3.7.2",
  "bignumber.js@11.1.5",
  "decimal.js@10.6.0",
];

const folder = mkdtempSync(join(tmpdir(), "stagebook-data-packages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("[S4] [S10] what the user gave to a package", () => {
  let outcomes: readonly (readonly PackageOutcome[])[];
  beforeAll(() => {
    writeFileSync(join(folder, "package.json"), "{}");
    const { status, stderr } = spawnSync("npm", ["install", "--no-audit", "--no-fund", ...PACKAGES], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(status, stderr).toBe(0);
    outcomes = tryPackages(packageCases, folder);
  }, 900_000);

  test.each(packageCases.map(([title], at) => [title, at] as const))("%s", (title, at) => {
    const nothing = { title, untracked: [] };
    expect(outcomes.map((each) => each[at])).toEqual([
      { ...nothing, ran: [true, false, false, true, false] },
      { ...nothing, ran: [false, false, false, false, false] },
    ]);
  });
});
