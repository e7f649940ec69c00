/** The log lines that the page has of one notebook. Filled by NotebookStore, read by the log panel. */
import { BehaviorSubject } from "rxjs";
import type { Observable } from "rxjs";
import type { LogRecord } from "stagebook/protocol";
import type { LogStore } from "../tokens";

/** More than this and the oldest go. */
export const LOG_LINES = 100_000;

export class LogRecords implements LogStore {
  readonly records$: Observable<readonly LogRecord[]>;
  private readonly records: BehaviorSubject<readonly LogRecord[]>;
  /** Of the last line that was cleared away, epoch milliseconds: a snapshot must not bring it back. */
  private cleared: number;

  constructor(
    remembered: { readonly log: readonly LogRecord[]; readonly clearedAt: number } = { log: [], clearedAt: 0 },
  ) {
    this.records = new BehaviorSubject(remembered.log);
    this.records$ = this.records.asObservable();
    this.cleared = remembered.clearedAt;
  }

  get clearedAt(): number {
    return this.cleared;
  }

  getRecords(): readonly LogRecord[] {
    return this.records.value;
  }

  clear(): void {
    this.cleared = Math.max(this.cleared, this.records.value.at(-1)?.at ?? 0);
    this.records.next([]);
  }

  append(records: readonly LogRecord[]): void {
    if (records.length === 0) return;
    const all = this.records.value.concat(records);
    this.records.next(all.length > LOG_LINES ? all.slice(-LOG_LINES) : all);
  }

  /** Puts older lines where they belong in time, each once. Returns how many were not here yet. */
  addEarlier(records: readonly LogRecord[]): number {
    const have = countTexts(this.records.value, records);
    const added = records.filter((record) => {
      const text = JSON.stringify(record);
      const count = have.get(text) ?? 0;
      have.set(text, count - 1);
      return count <= 0;
    });
    if (added.length > 0) this.records.next(inTime(added, this.records.value).slice(-LOG_LINES));
    return added.length;
  }

  /** Adds those lines of a kernel's snapshot that are not here yet. */
  merge(snapshot: readonly LogRecord[]): void {
    this.append(missing(this.records.value, snapshot).filter((record) => record.at > this.cleared));
  }
}

/** How often each line is in `have`, as text; only lines of the same moments as in `records` are looked at. */
function countTexts(have: readonly LogRecord[], records: readonly LogRecord[]): Map<string, number> {
  const moments = new Set(records.map((record) => record.at));
  const counts = new Map<string, number>();
  for (const record of have) {
    if (!moments.has(record.at)) continue;
    const text = JSON.stringify(record);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
}

/** Two lists, each in order of time, as one; of equal moments `older` comes first. */
function inTime(older: readonly LogRecord[], newer: readonly LogRecord[]): readonly LogRecord[] {
  const all: LogRecord[] = [];
  let at = 0;
  for (const record of newer) {
    for (let next = older[at]; next && next.at <= record.at; next = older[at]) {
      all.push(next);
      at += 1;
    }
    all.push(record);
  }
  return all.concat(older.slice(at));
}

/** Lines have no number: the last one that is here is looked for in the snapshot, from its end. */
function missing(have: readonly LogRecord[], snapshot: readonly LogRecord[]): readonly LogRecord[] {
  const last = have.at(-1);
  if (!last) return snapshot;
  const text = JSON.stringify(last);
  for (let index = snapshot.length - 1; index >= 0; index--) {
    const record = snapshot[index];
    if (!record || record.at < last.at) return snapshot.slice(index + 1);
    if (record.at === last.at && JSON.stringify(record) === text) return snapshot.slice(index + 1);
  }
  return snapshot;
}
