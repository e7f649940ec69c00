/** `node .dev/reference.mjs [--check]`: writes the generated reference pages, or compares them. Run by `npm run api` and `npm run check`. */
import { findOutdated, writeReference } from "./lib/reference/reference.mjs";

if (process.argv.includes("--check")) {
  const outdated = await findOutdated();
  for (const file of outdated) console.log(`kernel-lib/docs/reference/${file} is not up to date`);
  process.exitCode = outdated.length > 0 ? 1 : 0;
} else {
  await writeReference();
}
