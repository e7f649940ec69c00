/** The Chromium of the browser tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { BrowserContext } from "playwright-core";
import { browserOptions } from "./shared-lab";

interface Viewport {
  readonly width: number;
  readonly height: number;
}

/** What a test file has of a browser. */
export interface BrowserPart {
  readonly context: BrowserContext;
  /** Closes the file's pages. */
  close(): Promise<void>;
}

/** A browser of the file's own. */
export async function launchBrowser(viewport: Viewport): Promise<BrowserPart> {
  const browser = await chromium.launch(await browserOptions());
  return { context: patient(await browser.newContext({ viewport })), close: () => browser.close() };
}

let shared: Promise<BrowserContext> | undefined;

/**
 * The browser of all files in this process, without anything of the file before: cookies, storage, permissions, pages. What stays is
 * the cache of JupyterLab's scripts, compiled: to load them takes longer than most tests do. It ends with the process.
 */
export async function takeSharedBrowser(origin: string): Promise<BrowserPart> {
  const context = await (shared ??= launchShared());
  const [blank] = context.pages();
  if (!blank) throw new Error("the shared browser has no page left");
  const clear = async (): Promise<void> => {
    await Promise.all(context.pages().slice(1).map((page) => page.close())); // prettier-ignore
    const session = await context.newCDPSession(blank);
    await session.send("Storage.clearDataForOrigin", { origin, storageTypes: "all" });
    await session.detach();
    await context.clearCookies();
    await context.clearPermissions();
  };
  await clear();
  return { context, close: clear };
}

async function launchShared(): Promise<BrowserContext> {
  const profile = mkdtempSync(join(tmpdir(), "stagebook-browser-"));
  process.on("exit", () => rmSync(profile, { recursive: true, force: true }));
  return patient(await chromium.launchPersistentContext(profile, await browserOptions()));
}

/** Its limits are for what hangs: no test fails because the machine is slow. */
function patient(context: BrowserContext): BrowserContext {
  context.setDefaultTimeout(120_000);
  return context;
}
