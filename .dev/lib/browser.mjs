/** A Chromium for the browser tests: the system's, else one installed for the purpose. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Problem, run } from "./command.mjs";
import { createEnvironment, modules } from "./project.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];
const places = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  `${process.env.ProgramFiles}\\Google\\Chrome\\Application\\chrome.exe`,
  `${process.env["ProgramFiles(x86)"]}\\Microsoft\\Edge\\Application\\msedge.exe`,
];

/** @type {import("./progress.mjs").Step} */
export const browser = {
  name: "browser for tests",
  isCurrent: async () => (await findBrowser()) !== null,
  async work() {
    // On a bare Debian a downloaded browser lacks its libraries; apt brings them.
    const installers = canUseApt() ? [installByApt, installByPlaywright] : [installByPlaywright];
    /** @type {unknown[]} */
    const failures = [];
    for (const install of installers) {
      await install().catch((error) => failures.push(error));
      if ((await findBrowser()) !== null) return;
    }
    const detail = failures
      .map((error) => (error instanceof Problem ? `${error.detail ?? ""}\n${error.message}` : String(error)))
      .join("\n");
    throw new Problem(
      "The browser tests need Chromium, and none could be installed.",
      "Install Chromium or Chrome, or name one: STAGEBOOK_CHROMIUM=/path/to/chromium npm test",
      detail,
    );
  },
};

/**
 * The path of a browser that starts; null when none is found. Throws Problem when the configured one does not start.
 * @returns {Promise<string | null>}
 */
export async function findBrowser() {
  const named = process.env.STAGEBOOK_CHROMIUM;
  if (named) {
    if (starts(named)) return named;
    throw new Problem(
      `STAGEBOOK_CHROMIUM names ${named}, which does not start.`,
      "Name a Chromium or Chrome, or leave the variable out.",
    );
  }
  const folders = (process.env.PATH ?? "").split(delimiter);
  const candidates = [
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    ...places,
    await findPlaywrights(),
  ];
  return candidates.find((file) => file !== null && existsSync(file) && starts(file)) ?? null;
}

/** @param {string} file */
function starts(file) {
  // A browser on Windows opens a window when asked for its version.
  if (process.platform === "win32") return existsSync(file);
  return spawnSync(file, ["--version"], { env: createEnvironment(), timeout: 30_000 }).status === 0;
}

/** Where playwright-core keeps the browser that it installs; null while npm packages are being installed. */
async function findPlaywrights() {
  const entry = join(modules, "playwright-core", "index.mjs");
  if (!existsSync(entry)) return null;
  process.env.PLAYWRIGHT_BROWSERS_PATH ??= createEnvironment().PLAYWRIGHT_BROWSERS_PATH;
  try {
    return (await import(pathToFileURL(entry).href)).chromium.executablePath();
  } catch {
    return null;
  }
}

function canUseApt() {
  return process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
}

async function installByApt() {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-update", "apt-get", ["update"], { env });
  await run(
    "apt-install-chromium",
    "apt-get",
    ["install", "-y", "--no-install-recommends", "chromium", "fonts-liberation", "fonts-dejavu-core"],
    { env },
  );
}

async function installByPlaywright() {
  await run(
    "playwright-install",
    process.execPath,
    [join(modules, "playwright-core", "cli.js"), "install", "chromium"],
    { timeoutMs: 300_000 },
  );
}
