/** The stored results of a stage, newest first: the reply to `history`. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { HistoryRowView } from "stagebook/protocol";
import { formatAgo, formatDuration, formatMoment, formatSize, shortKey } from "../dag/quantity";

export interface HistoryListProps {
  readonly rows: readonly HistoryRowView[];
  /** The key of the latest result, which is marked. */
  readonly currentKey: string | undefined;
  readonly now: number;
  readonly trans: TranslationBundle;
}

export function HistoryList({ rows, currentKey, now, trans }: HistoryListProps): ReactElement {
  if (rows.length === 0) return <p className="stagebook-Hint">{trans.__("No result is stored.")}</p>;
  const newestFirst = [...rows].sort((a, b) => b.at - a.at);
  return (
    <ol className="stagebook-History">
      {newestFirst.map((row, index) => (
        <li
          key={`${row.key} ${row.at} ${index}`}
          className={row.key === currentKey ? "stagebook-mod-current" : undefined}
        >
          <div className="stagebook-History-head">
            <time dateTime={new Date(row.at).toISOString()} title={formatMoment(row.at)}>
              {formatAgo(row.at, now, trans)}
            </time>
            <span>{formatDuration(row.durationMs)}</span>
            <span>{formatSize(row.sizeBytes)}</span>
            <span className="stagebook-History-summary">{row.summary}</span>
            <code title={row.key}>{shortKey(row.key)}</code>
          </div>
          <div className="stagebook-History-params">
            {Object.entries(row.params).map(([name, text]) => (
              <span key={name}>
                {name} = <b>{text}</b>
              </span>
            ))}
          </div>
        </li>
      ))}
    </ol>
  );
}
