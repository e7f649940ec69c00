/** Files of the pictures in the documents. */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { repository } from "../rig/kernel/notebook-folder";

/** Saves a picture of a page or an element. `path` is relative to the repository. */
export async function takePicture(of: Page | Locator, path: string): Promise<void> {
  const file = join(repository, path);
  mkdirSync(dirname(file), { recursive: true });
  const png = await of.screenshot({ path: file, animations: "disabled" });
  expect(png.subarray(1, 4).toString()).toBe("PNG");
}
