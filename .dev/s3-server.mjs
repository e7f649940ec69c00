/** An S3 server for the tests of the shared store: versitygw, built once from its Go module and kept. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Problem, run } from "./command.mjs";
import { cache, createEnvironment } from "./project.mjs";

const version = "v1.8.0";
const folder = join(cache, "s3-server");
const suffix = process.platform === "win32" ? ".exe" : "";
const built = join(folder, `versitygw-${version}${suffix}`);
/** Go's caches, needed for the build alone. */
const work = join(folder, "go");
/** A Go from this one on fetches by itself the newer one that a module asks for. */
const firstWithToolchains = 21;

/** @type {import("./progress.mjs").Step} */
export const s3Server = {
  name: "S3 server for tests",
  isCurrent: () => findS3Server() !== null,
  async work() {
    const go = findGo() ?? (await installGo());
    mkdirSync(folder, { recursive: true });
    await run(
      "go-install-versitygw",
      go,
      ["install", "-ldflags=-s -w", `github.com/versity/versitygw/cmd/versitygw@${version}`],
      {
        env: {
          GOTOOLCHAIN: "auto",
          GOFLAGS: "-modcacherw",
          CGO_ENABLED: "0",
          GOBIN: join(folder, "bin"),
          GOPATH: join(work, "path"),
          GOMODCACHE: join(work, "modules"),
          GOCACHE: join(work, "build"),
        },
        advice:
          "Is Go's module proxy within reach? Or name a versitygw that is there: STAGEBOOK_S3_SERVER=/path/to/versitygw npm test",
        timeoutMs: 900_000,
      },
    );
    renameSync(join(folder, "bin", `versitygw${suffix}`), built);
    rmSync(work, { recursive: true, force: true });
  },
};

/** The path of the server; null when there is none yet. Throws Problem when the one that was named is not there. */
export function findS3Server() {
  const named = process.env.STAGEBOOK_S3_SERVER;
  if (named && !existsSync(named))
    throw new Problem(
      `STAGEBOOK_S3_SERVER names ${named}, which is not there.`,
      "Name a versitygw, or leave the variable out.",
    );
  return named || (existsSync(built) ? built : null);
}

/** @returns {string | null} */
function findGo() {
  const places = ["go", "/usr/local/go/bin/go", "/usr/lib/go/bin/go", "/opt/homebrew/bin/go"];
  return places.find((file) => minorOf(file) >= firstWithToolchains) ?? null;
}

/** Of Go 1.x; -1 where there is no Go. @param {string} file */
function minorOf(file) {
  const { stdout } = spawnSync(file, ["version"], { encoding: "utf8", env: createEnvironment() });
  return Number(/go1\.(\d+)/.exec(stdout ?? "")?.[1] ?? -1);
}

async function installGo() {
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    await run("apt-update-go", "apt-get", ["update"], { env });
    await run("apt-install-go", "apt-get", ["install", "-y", "--no-install-recommends", "golang-go"], { env });
    const go = findGo();
    if (go) return go;
  }
  throw new Problem(
    `The tests of the shared store need an S3 server, which is built with Go 1.${firstWithToolchains} or newer.`,
    "Install Go (https://go.dev/dl), or name a versitygw: STAGEBOOK_S3_SERVER=/path/to/versitygw npm test",
  );
}
