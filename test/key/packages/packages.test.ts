/** What the user gives to packages counts, and what packages change in their own objects does not. */
import { beforeAll, describe, expect, test } from "vitest";
import { repository } from "../../rig/kernel/notebook-folder";
import { installedCases } from "./installed-cases";
import { tryPackages, type PackageOutcome } from "./try-packages";

describe("[S4] [S10] what the user gave to a package", () => {
  let outcomes: readonly (readonly PackageOutcome[])[];
  beforeAll(() => {
    outcomes = tryPackages(installedCases, repository);
  }, 600_000);

  test.each(installedCases.map(([title], at) => [title, at] as const))("%s", (title, at) => {
    const nothing = { title, untracked: [] };
    expect(outcomes.map((each) => each[at])).toEqual([
      { ...nothing, ran: [true, false, false, true, false] },
      { ...nothing, ran: [false, false, false, false, false] },
    ]);
  });
});
