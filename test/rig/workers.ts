/** Processes that run `stagebook work` or `run`, and what they have left in the store. */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "stagebook";
import { nodeFlags } from "../../.dev/lib/project.mjs";
import { repository, type NotebookFolder } from "./kernel/notebook-folder";

/** A process; its standard error is kept. */
export class Worker {
  stderr = "";
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(args: readonly string[], folder: NotebookFolder, environment: Readonly<Record<string, string>> = {}) {
    const program = join(repository, "node_modules", "stagebook", "bin", "stagebook.js");
    this.child = spawn(process.execPath, [...nodeFlags, program, ...args], {
      cwd: folder.path,
      env: { ...process.env, VITEST: undefined, NODE_OPTIONS: undefined, CI: undefined, ...environment },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.child.stderr?.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = new Promise((resolve) => this.child.once("close", resolve));
  }

  async until(text: RegExp): Promise<void> {
    while (!text.test(this.stderr)) {
      if (this.child.exitCode !== null) throw new Error(`ended without ${text}: ${this.stderr}`);
      await sleep(50);
    }
  }
}

/** A range whose result is in the store: who executed it, until when (epoch milliseconds) and for how long (milliseconds). */
export interface StoredRange {
  readonly items: number;
  readonly by: string;
  readonly at: number;
  readonly ms: number;
}

/** The ranges whose results are in the store: the number of their items, and who executed them. */
export async function rangesIn(store: Store, notebook = "s.ts"): Promise<readonly StoredRange[]> {
  const rows = await store.history({ notebook, stage: "score › items" });
  const entries = await Promise.all([...new Set(rows.map(({ key }) => key))].map((key) => store.findEntry(key)));
  return entries.flatMap((entry) => {
    const [, items, by = ""] = /^([\d,]+) items by (.+)$/.exec(entry?.output.summary ?? "") ?? [];
    return entry?.output.codec === "range"
      ? [{ items: Number(items?.replaceAll(",", "")), by, at: entry.at, ms: entry.durationMs }]
      : [];
  });
}

/** The finished items of all records of ranges, of those too that are not done yet. */
export async function finishedIn(store: Store): Promise<number> {
  const rows = await store.history({ notebook: "s.ts", stage: "score › items" });
  const entries = await Promise.all([...new Set(rows.map(({ key }) => key))].map((key) => store.findEntry(key)));
  return entries.reduce((sum, entry) => {
    const [, items = "0"] = /^(?:the first )?([\d,]+) .*items by /.exec(entry?.output.summary ?? "") ?? [];
    return sum + Number(items.replaceAll(",", ""));
  }, 0);
}

export const sumOf = (ranges: readonly { readonly items: number }[]): number =>
  ranges.reduce((sum, { items }) => sum + items, 0);

export async function untilRanges(store: Store, count: number, everyMs = 100): Promise<void> {
  while ((await rangesIn(store)).length < count) await sleep(everyMs);
}
