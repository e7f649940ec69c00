/** The log of the processes that share a stage: who holds what, and how many items a second each of them finishes. */
import { monotonicNow } from "../../async/clock";
import { formatCount, type JsonObject, type LogLevel } from "../../protocol";
import type { Holder } from "../../store/store";
import { sizeOf, type Range } from "./range";

/** How often the state of all is written. */
const EVERY_MS = 10_000;

type Write = (level: LogLevel, message: string, fields: JsonObject) => void;

/** `host 1234`. */
export function workerName({ host, pid }: Pick<Holder, "host" | "pid">): string {
  return `${host} ${pid}`;
}

export class WorkersLog {
  private readonly startedAt = monotonicNow();
  private writtenAt = monotonicNow();
  private doneBefore: number | undefined;
  /** By worker: what it has finished. */
  private readonly finished = new Map<string, { items: number; ms: number }>();

  constructor(
    private readonly stage: string,
    private readonly total: number,
    private readonly write: Write,
  ) {}

  took(range: Range): void {
    this.write("debug", `${this.stage}: ${these(range)} executed here`, fieldsOf(range));
  }

  held(range: Range, by: string): void {
    this.write("debug", `${this.stage}: ${these(range)} executed by ${by}`, { ...fieldsOf(range), by });
  }

  done(range: Range, by: string, ms: number): void {
    const sum = this.finished.get(by) ?? { items: 0, ms: 0 };
    this.finished.set(by, { items: sum.items + sizeOf(range), ms: sum.ms + ms });
  }

  takenOver(range: Range, from: string): void {
    const text = `${this.stage}: ${these(range)} taken over from ${from}, which has ended or does not answer`;
    this.write("warn", text, { ...fieldsOf(range), from });
  }

  lost(range: Range): void {
    const text = `${this.stage}: ${these(range)} executed by another process now, because this one did not answer`;
    this.write("warn", text, fieldsOf(range));
  }

  gaveAway(range: Range): void {
    this.write("debug", `${this.stage}: ${these(range)} given to another process`, fieldsOf(range));
  }

  warn(message: string): void {
    this.write("warn", `${this.stage}: ${message}`, {});
  }

  /** `done`: finished items of all workers. Writes a line at most every ten seconds. */
  progress(done: number, held: () => readonly (Range & { readonly holder?: Holder })[], here: Range | undefined): void {
    const now = monotonicNow();
    this.doneBefore ??= done;
    if (now - this.writtenAt < EVERY_MS) return;
    const perSecond = (Math.max(0, done - this.doneBefore) / (now - this.writtenAt)) * 1000;
    this.writtenAt = now;
    this.doneBefore = done;
    const others = held().flatMap((range) =>
      range.holder ? [`${workerName(range.holder)} ${textOf(range)}${shareOf(range.holder)}`] : [],
    );
    const all = [...(here ? [`here ${textOf(here)}`] : []), ...others];
    const text = `${this.stage}: ${formatCount(done)} of ${formatCount(this.total)} items, ${rateOf(perSecond)}; in progress: ${all.join(", ")}`;
    this.write("info", text, { done, total: this.total, perSecond, workers: all });
  }

  ended(): void {
    const workers = [...this.finished].sort(([, a], [, b]) => b.items - a.items);
    if (workers.length < 2 && monotonicNow() - this.startedAt < EVERY_MS) return;
    const texts = workers.map(
      ([name, { items, ms }]) => `${name} ${formatCount(items)}, ${rateOf((items / ms) * 1000)}`,
    );
    const text = `${this.stage}: ${formatCount(this.total)} items by ${workers.length} ${workers.length === 1 ? "process" : "processes"}: ${texts.join("; ")}`;
    this.write("info", text, {
      total: this.total,
      workers: workers.map(([name, { items, ms }]) => ({ name, items, ms })),
    });
  }
}

function textOf({ from, to }: Range): string {
  return sizeOf({ from, to }) === 1 ? formatCount(from) : `${formatCount(from)} to ${formatCount(to - 1)}`;
}

/** The subject of a sentence. */
function these(range: Range): string {
  return sizeOf(range) === 1 ? `item ${textOf(range)} is` : `items ${textOf(range)} are`;
}

function fieldsOf({ from, to }: Range): JsonObject {
  return { from, to };
}

function shareOf({ progress }: Holder): string {
  return progress?.total ? ` (${Math.round((100 * progress.done) / progress.total)} %)` : "";
}

function rateOf(perSecond: number): string {
  return Number.isFinite(perSecond)
    ? `${perSecond < 10 ? perSecond.toFixed(1) : formatCount(Math.round(perSecond))}/s`
    : "at once";
}
