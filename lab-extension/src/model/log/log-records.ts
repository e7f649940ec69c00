/** The log lines of one notebook in the page. Owned by NotebookModel, read by the log panel. */
import { BehaviorSubject, of, switchMap } from "rxjs";
import type { Observable } from "rxjs";
import type { LogRecord } from "stagebook/protocol";
import type { LogStore } from "../../tokens";

/** The most lines to keep: above it, the oldest are dropped. */
export const LOG_LINES = 100_000;

export class LogRecords implements LogStore {
  readonly records$: Observable<readonly LogRecord[]>;
  private readonly records: BehaviorSubject<readonly LogRecord[]>;
  /** The time of the last line that the user cleared, epoch milliseconds: a snapshot must not bring it back. */
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

  /** Forgets the lines: they belong to another notebook. */
  reset(): void {
    this.cleared = 0;
    this.records.next([]);
  }

  append(records: readonly LogRecord[]): void {
    if (records.length === 0) return;
    const all = this.records.value.concat(records);
    this.records.next(all.length > LOG_LINES ? all.slice(-LOG_LINES) : all);
  }

  addEarlier(records: readonly LogRecord[]): number {
    const counts = countLines(this.records.value, records);
    const added = records.filter((record) => {
      const text = JSON.stringify(record);
      const count = counts.get(text) ?? 0;
      counts.set(text, count - 1);
      return count <= 0;
    });
    if (added.length > 0) this.records.next(mergeByTime(added, this.records.value).slice(-LOG_LINES));
    return added.length;
  }

  /** Adds the lines of a kernel's snapshot that the page does not have yet. */
  merge(snapshot: readonly LogRecord[]): void {
    this.append(findNew(this.records.value, snapshot).filter((record) => record.at > this.cleared));
  }
}

/** The lines of the past run while one is shown, otherwise the live ones. A past log cannot be changed. */
export function createDisplayedLog(live: LogStore, past$: BehaviorSubject<readonly LogRecord[] | null>): LogStore {
  return {
    records$: past$.pipe(switchMap((records) => (records ? of(records) : live.records$))),
    getRecords: () => past$.value ?? live.getRecords(),
    addEarlier: (records) => (past$.value ? 0 : live.addEarlier(records)),
    clear: () => {
      if (!past$.value) live.clear();
    },
  };
}

/** Counts equal lines in `existing`, by their JSON text. Only lines with the same times as in `records` are compared. */
function countLines(existing: readonly LogRecord[], records: readonly LogRecord[]): Map<string, number> {
  const times = new Set(records.map((record) => record.at));
  const counts = new Map<string, number>();
  for (const record of existing) {
    if (!times.has(record.at)) continue;
    const text = JSON.stringify(record);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
}

/** Merges two lists, each in order of time; at equal times `older` comes first. */
function mergeByTime(older: readonly LogRecord[], newer: readonly LogRecord[]): readonly LogRecord[] {
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

/** Lines have no number: the last existing one is searched in the snapshot, from its end, and what follows is new. */
function findNew(existing: readonly LogRecord[], snapshot: readonly LogRecord[]): readonly LogRecord[] {
  const last = existing.at(-1);
  if (!last) return snapshot;
  const text = JSON.stringify(last);
  for (let index = snapshot.length - 1; index >= 0; index--) {
    const record = snapshot[index];
    if (!record || record.at < last.at) return snapshot.slice(index + 1);
    if (record.at === last.at && JSON.stringify(record) === text) return snapshot.slice(index + 1);
  }
  return snapshot;
}
