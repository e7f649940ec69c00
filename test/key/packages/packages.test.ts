/** What the user gives to packages counts, and what packages change in their own objects does not. */
import { beforeAll, describe, expect, test } from "vitest";
import { repository } from "../../rig/kernel/notebook-folder";
import { part } from "../../rig/part";
import { installedCases } from "./installed-cases";
import { LATER_STEPS, tryPackages, type PackageOutcome } from "./try-packages";

const cases = part(installedCases, installedCases.length / 2);

describe("[S4] [S10] what the user gave to a package", () => {
  let outcomes: readonly (readonly PackageOutcome[])[];
  beforeAll(() => {
    outcomes = tryPackages(cases, repository);
  }, 600_000);

  test.each(cases.map(([title], at) => [title, at] as const))("%s", (title, at) => {
    const nothing = { title, untracked: [] };
    expect(outcomes.map((each) => each[at])).toEqual([
      { ...nothing, ran: [true, false, false, true, false] },
      { ...nothing, ran: LATER_STEPS.map(() => false) },
    ]);
  });
});
