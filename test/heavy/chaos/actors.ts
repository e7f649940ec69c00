/** The processes of the chaos tests: each is started with a clock that may be wrong, is killed at any moment, and says how it ended. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const library = resolve(import.meta.dirname, "../../../kernel-lib");
export const program = join(library, "bin", "stagebook.js");
export const actor = resolve(import.meta.dirname, "actor.cjs");
const wrongClock = resolve(import.meta.dirname, "wrong-clock.cjs");

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
/** No process takes that long, on any machine. */
const HANG_MS = 240_000;

/** What `STAGEBOOK_CHAOS` and `STAGEBOOK_SEED` say: a part of the whole, and where its random numbers begin. */
export const scale = Number(process.env.STAGEBOOK_CHAOS ?? 1);
export const seed = Number(process.env.STAGEBOOK_SEED ?? Date.now() % 1_000_000);

export interface End {
  readonly code: number | null;
  readonly output: string;
  /** Ended by this test, because it took far too long. */
  readonly hung: boolean;
}

export interface Started {
  readonly end: Promise<End>;
  /** Resolves when it has said that it begins, and printed that many turns; or at its end. */
  hasDone(turns: number): Promise<unknown>;
  kill(): void;
}

export interface StartOptions {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** How far its clock is ahead. It steps to as much behind, and back, every two seconds. */
  readonly clockMs?: number;
}

/** Starts Node.js with the arguments. */
export function start(args: readonly string[], { cwd, environment = {}, clockMs = 0 }: StartOptions): Started {
  const clock = clockMs === 0 ? undefined : steppedClock(clockMs);
  const env = { ...process.env, VITEST: undefined, NODE_OPTIONS: undefined, CI: undefined, ...environment, ...clock?.environment }; // prettier-ignore
  const child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let hung = false;
  let changed = (): void => undefined;
  let isOver = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, HANG_MS);
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      changed();
    });
  const end = new Promise<End>((done) =>
    child.once("close", (code) => {
      clearTimeout(timer);
      clock?.stop();
      isOver = true;
      changed();
      done({ code, output, hung });
    }),
  );
  const hasDone = async (turns: number): Promise<void> => {
    while (!isOver && output.split("\n").length - 2 < turns) await new Promise<void>((resolve) => (changed = resolve));
  };
  return { end, hasDone, kill: () => void child.kill("SIGKILL") };
}

interface SteppedClock {
  readonly environment: Readonly<Record<string, string>>;
  stop(): void;
}

/** The wall clock alone: a monotonic clock never steps. */
function steppedClock(byMs: number): SteppedClock {
  const faketime = findFaketime();
  if (!faketime)
    return {
      environment: { NODE_OPTIONS: `--require ${wrongClock}`, STAGEBOOK_TEST_CLOCK: String(byMs) },
      stop: () => undefined,
    };
  const folder = mkdtempSync(join(tmpdir(), "stagebook-clock-"));
  const file = join(folder, "offset");
  let sign = 1;
  const write = (): void => writeFileSync(file, `${sign > 0 ? "+" : "-"}${Math.abs(byMs) / 1000}\n`);
  write();
  const timer = setInterval(() => {
    sign = -sign;
    write();
  }, 2000);
  return {
    environment: {
      LD_PRELOAD: faketime,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    },
    stop: () => {
      clearInterval(timer);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The library that `faketime` preloads, where it is installed (`apt-get install faketime`, `brew install libfaketime`). */
export function findFaketime(): string | undefined {
  const places = ["x86_64-linux-gnu", "aarch64-linux-gnu", "arm-linux-gnueabihf"].map(
    (machine) => `/usr/lib/${machine}/faketime/libfaketimeMT.so.1`,
  );
  return [process.env.STAGEBOOK_FAKETIME ?? "", "/usr/lib/faketime/libfaketimeMT.so.1", ...places].find(
    (place) => place !== "" && existsSync(place),
  );
}

export interface Turn {
  readonly value: number;
  readonly executed: readonly string[];
  /** The store did not answer in time: results may not be in it. */
  readonly isUnsure: boolean;
  /** As far as the process had a processor. */
  readonly ms: number;
}

/** What an actor printed for each turn that it completed. */
export function turnsOf({ output }: End): readonly Turn[] {
  return output.split("\n").flatMap((line) => (/^\{"value":.*\}$/.test(line) ? [JSON.parse(line) as Turn] : []));
}
