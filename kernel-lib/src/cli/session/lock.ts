/** `pipeline.lock` next to the notebook: the key and result of each stage. Written and compared by `run --lock`. */
import fs from "node:fs";
import path from "node:path";
import { diffParts } from "../../key/diff";
import { messageOf, visibleText, type Digest } from "../../protocol";
import { exitCode, type ExitCode } from "../terminal/exit-code";
import type { Terminal } from "../terminal/terminal";
import { writeOutput } from "../terminal/output-file";
import { UsageError } from "../terminal/usage-error";
import type { Workbench } from "./workbench";

/** One stage of a lock file. */
interface LockedStage {
  readonly key: string;
  /** Digest of the value. */
  readonly output: string;
  /** All parameters of the stage and its upstream, as text. */
  readonly params: Readonly<Record<string, string>>;
}

type LockedStages = Readonly<Record<string, LockedStage>>;

interface LockFile {
  readonly v: 1;
  /** By file name, so that notebooks of one folder share it. */
  readonly files: Readonly<Record<string, LockedStages>>;
}

const LOCK_NAME = "pipeline.lock";

/**
 * Writes the lock if the file has none, or with `isUpdate`; else compares, and prints what differs.
 * Throws UsageError `lock-bad`.
 */
export async function compareLock(bench: Workbench, isUpdate: boolean, terminal: Terminal): Promise<ExitCode> {
  const name = path.basename(bench.file);
  const file = path.join(bench.folder, LOCK_NAME);
  const lock = readLock(file);
  const before = lock.files[name];
  const now = await stagesNow(bench);
  const changes = before ? await describeChanges(bench, before, now) : [];
  for (const line of changes) terminal.err(`${visibleText(line)}\n`);
  if (before && !isUpdate) {
    if (changes.length > 0) terminal.err(`the results differ from ${LOCK_NAME}; use --update-lock to accept them\n`);
    return changes.length > 0 ? exitCode.locked : exitCode.ok;
  }
  if (!before || changes.length > 0) {
    const files = sorted({ ...lock.files, [name]: sorted(now) });
    writeOutput(file, `${JSON.stringify({ v: 1, files } satisfies LockFile, null, 2)}\n`);
    terminal.err(`${LOCK_NAME} written: ${Object.keys(now).length} stages\n`);
  }
  return exitCode.ok;
}

function readLock(file: string): LockFile {
  let text: string;
  try {
    text = fs.readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { v: 1, files: {} };
    throw badLock(file, messageOf(error));
  }
  let lock: Partial<LockFile> | null;
  try {
    lock = JSON.parse(text) as Partial<LockFile> | null;
  } catch (error) {
    throw badLock(file, messageOf(error));
  }
  if (lock?.v !== 1 || typeof lock.files !== "object" || lock.files === null)
    throw badLock(file, "its format is unknown");
  return lock as LockFile;
}

function badLock(file: string, why: string): UsageError {
  return new UsageError("lock-bad", `${file} cannot be read: ${why}`, "Restore it, or delete it and run with --lock.");
}

async function stagesNow(bench: Workbench): Promise<Record<string, LockedStage>> {
  const now: Record<string, LockedStage> = {};
  for (const { engine } of bench.pipelines) {
    const { assessed } = await engine.planAll();
    for (const { instance, row } of assessed.values()) {
      if (instance.definition.partOf !== undefined || !row.result) continue;
      const entry = await engine.results.find(instance, row.result.key);
      const params = sorted(entry?.params ?? {});
      now[row.stage] = { key: row.result.key, output: row.result.digest, params };
    }
  }
  return now;
}

/** A line for each stage that differs: `~ strong: result 1f2e3d4c → 9a8b7c6d (minMagnitude 4.5 → 5)`. */
async function describeChanges(bench: Workbench, before: LockedStages, now: LockedStages): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const name of [...new Set([...Object.keys(before), ...Object.keys(now)])].sort()) {
    const [was, is] = [before[name], now[name]];
    if (was && is && was.key === is.key && was.output === is.output) continue;
    if (!was) lines.push(`+ ${name}: new`);
    else if (!is) lines.push(`- ${name}: removed, or without a result`);
    else lines.push(`~ ${name}: ${resultChange(was, is)} (${await reasonsFor(bench, was, is)})`);
  }
  return lines;
}

function resultChange(was: LockedStage, is: LockedStage): string {
  if (was.output === is.output) return "other key, equal result";
  return `result ${was.output.slice(0, 8)} → ${is.output.slice(0, 8)}`;
}

/** From the parts of both keys if the store still has the old one; else from the lock file alone. */
async function reasonsFor(bench: Workbench, was: LockedStage, is: LockedStage): Promise<string> {
  if (was.key === is.key) return "same key: the stage is not deterministic";
  for (const { engine } of bench.pipelines) {
    const [old, current] = await Promise.all([was.key, is.key].map((key) => engine.store.findEntry(key as Digest)));
    if (old && current) return diffParts(old.parts, current.parts).map(({ text }) => text).join("; "); // prettier-ignore
  }
  const params = Object.entries(is.params).filter(([name, text]) => was.params[name] !== text);
  const texts = params.map(([name, text]) => `${name} ${was.params[name] ?? "none"} → ${text}`);
  return texts.join("; ") || "its code, an input or the Node.js version";
}

/** By code unit: the file is the same on every machine. */
function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
