/** The generated pages in `kernel-lib/docs/reference`: written by `npm run api`, compared by `npm run check`. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { format, resolveConfig } from "prettier";
import { root } from "../project.mjs";
import { createApiPages } from "./api.mjs";
import { createCliPage } from "./cli.mjs";
import { createErrorPage } from "./errors.mjs";
import { createProtocolPage } from "./protocol.mjs";

const folder = join(root, "kernel-lib", "docs", "reference");

/** All pages as they must be, by path. kernel-lib must be built. @returns {Promise<Map<string, string>>} */
async function createPages() {
  const pages = [...(await createApiPages()), ...createCliPage(), ...createErrorPage(), ...createProtocolPage()];
  const formatted = pages.map(async ({ file, text }) => {
    const filepath = join(folder, file);
    return /** @type {const} */ ([file, await format(text, { ...(await resolveConfig(filepath)), filepath })]);
  });
  return new Map(await Promise.all(formatted));
}

/** Writes every page, and removes pages of `api/` that nothing generates any more. */
export async function writeReference() {
  const pages = await createPages();
  for (const [file, text] of pages) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  for (const file of strayPages(pages)) rmSync(join(folder, file));
}

/** The paths of pages that are not as they must be. */
export async function findOutdated() {
  const pages = await createPages();
  const differs = (/** @type {[string, string]} */ [file, text]) =>
    !existsSync(join(folder, file)) || readFileSync(join(folder, file), "utf8") !== text;
  return [...[...pages].filter(differs).map(([file]) => file), ...strayPages(pages)];
}

/** @param {ReadonlyMap<string, string>} pages */
function strayPages(pages) {
  const api = join(folder, "api");
  const present = existsSync(api) ? readdirSync(api).map((name) => `api/${name}`) : [];
  return present.filter((file) => !pages.has(file));
}
