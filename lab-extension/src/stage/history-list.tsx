/** The stored results of a stage, newest first, with the actions on each: the reply to `history`. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { useState } from "react";
import type { HistoryRowView, RunId } from "stagebook/protocol";
import { formatDuration, formatMoment, formatSize, shortKey } from "stagebook/protocol";
import { formatAgo } from "../ui/texts/ago";
import { Bars } from "./output/figures";

export interface HistoryActions {
  /** Sets the parameters to the values of the result. */
  readonly restore: (key: string) => void;
  readonly pin: (key: string, isPinned: boolean) => void;
  /** Shows the log of the run that computed the result. */
  readonly showRunLog: (run: RunId) => void;
}

export interface HistoryListProps {
  readonly rows: readonly HistoryRowView[];
  /** The key of the result that the panel displays, and the label that marks it. */
  readonly currentKey: string | undefined;
  readonly currentMark: string;
  readonly now: number;
  /** Null while the kernel is unavailable. */
  readonly actions: HistoryActions | null;
  readonly trans: TranslationBundle;
}

/** Further results are listed on request. */
const MAX_ROWS = 20;
/** The chart shows only the latest results. */
const MAX_BARS = 60;

export function HistoryList({ rows, currentKey, currentMark, now, actions, trans }: HistoryListProps): ReactElement {
  const [isExpanded, setExpanded] = useState(false);
  if (rows.length === 0) return <p className="stagebook-Hint">{trans.__("No stored results.")}</p>;
  const newestFirst = [...rows].sort((a, b) => b.at - a.at);
  const visible = isExpanded ? newestFirst : newestFirst.slice(0, MAX_ROWS);
  return (
    <>
      {rows.length > 1 && <DurationChart rows={newestFirst} currentKey={currentKey} trans={trans} />}
      <ol className="stagebook-History">
        {visible.map((row, index) => (
          <HistoryRow
            key={`${row.key} ${row.at} ${index}`}
            row={row}
            mark={row.key === currentKey ? currentMark : null}
            now={now}
            actions={actions}
            trans={trans}
          />
        ))}
      </ol>
      {visible.length < newestFirst.length && (
        <button type="button" className="stagebook-Link" onClick={() => setExpanded(true)}>
          {trans._n("Show %1 more", "Show %1 more", newestFirst.length - visible.length)}
        </button>
      )}
    </>
  );
}

type ChartProps = Pick<HistoryListProps, "rows" | "currentKey" | "trans">;

/** Oldest on the left. */
function DurationChart({ rows, currentKey, trans }: ChartProps): ReactElement {
  const oldestFirst = rows.slice(0, MAX_BARS).reverse();
  const durations = oldestFirst.map((row) => row.durationMs);
  const longest = formatDuration(Math.max(...durations));
  return (
    <figure className="stagebook-Durations">
      <Bars
        values={durations}
        label={trans.__("Duration of each result, oldest first; maximum %1", longest)}
        describe={(index) => {
          const row = oldestFirst[index];
          return row ? `${formatDuration(row.durationMs)} · ${formatMoment(row.at)}` : "";
        }}
        marked={oldestFirst.findIndex((row) => row.key === currentKey)}
      />
      <figcaption className="stagebook-Hint">{trans.__("Durations, oldest first; maximum %1", longest)}</figcaption>
    </figure>
  );
}

interface HistoryRowProps extends Pick<HistoryListProps, "now" | "actions" | "trans"> {
  readonly row: HistoryRowView;
  readonly mark: string | null;
}

function HistoryRow({ row, mark, now, actions, trans }: HistoryRowProps): ReactElement {
  return (
    <li className={mark === null ? undefined : "stagebook-mod-current"} data-result={row.key} data-pinned={row.pinned}>
      <div className="stagebook-History-head">
        <time dateTime={new Date(row.at).toISOString()} title={formatMoment(row.at)}>
          {formatAgo(row.at, now, trans)}
        </time>
        <span>{formatDuration(row.durationMs)}</span>
        <span>{formatSize(row.sizeBytes)}</span>
        <span className="stagebook-History-summary">{row.summary}</span>
        {mark !== null && <span className="stagebook-History-mark">{mark}</span>}
        {row.pinned && <span className="stagebook-History-mark">{trans.__("pinned")}</span>}
        <code title={row.key}>{shortKey(row.key)}</code>
      </div>
      <div className="stagebook-History-params">
        {Object.entries(row.params).map(([name, text]) => (
          <span key={name}>
            {name} = <b>{text}</b>
          </span>
        ))}
      </div>
      {actions && <RowButtons row={row} actions={actions} trans={trans} />}
    </li>
  );
}

function RowButtons({
  row,
  actions,
  trans,
}: {
  readonly row: HistoryRowView;
  readonly actions: HistoryActions;
  readonly trans: TranslationBundle;
}): ReactElement {
  return (
    <div className="stagebook-History-buttons">
      {Object.keys(row.params).length > 0 && (
        <button
          type="button"
          className="stagebook-Link"
          data-action="restore"
          title={trans.__("Set the parameters to these values")}
          onClick={() => actions.restore(row.key)}
        >
          {trans.__("Restore")}
        </button>
      )}
      <button
        type="button"
        className="stagebook-Link"
        data-action="pin"
        aria-pressed={row.pinned}
        title={trans.__("Pinned results are never removed by cleanup")}
        onClick={() => actions.pin(row.key, !row.pinned)}
      >
        {row.pinned ? trans.__("Unpin") : trans.__("Pin")}
      </button>
      {row.run !== undefined && (
        <button
          type="button"
          className="stagebook-Link"
          data-action="log"
          title={trans.__("Show the log of the run that computed this result")}
          onClick={() => actions.showRunLog(row.run)}
        >
          {trans.__("Log")}
        </button>
      )}
    </div>
  );
}
