/** The list of runs that are over, newest first. Props in, callbacks out. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { RunId, RunRowView } from "stagebook/protocol";
import { formatMoment } from "stagebook/protocol";
import { StatusIcon } from "../ui/status-mark";
import { runMark, runOutcome, runParams, runTitle } from "../ui/run-text";

export interface RunsListProps {
  readonly rows: readonly RunRowView[];
  /** The one that is looked at. */
  readonly selected: RunId | null;
  /** Null while no kernel can answer. */
  readonly onLookAt: ((run: RunId) => void) | null;
  readonly onNow: () => void;
  /** Null when these are all. */
  readonly onMore: (() => void) | null;
  readonly trans: TranslationBundle;
}

export function RunsList({ rows, selected: shown, onLookAt, onNow, onMore, trans }: RunsListProps): ReactElement {
  if (rows.length === 0)
    return (
      <p className="stagebook-Runs-none">
        {trans.__("No run is kept yet. Each run in which a stage does some work is listed here.")}
      </p>
    );
  return (
    <div className="stagebook-Runs">
      <ul aria-label={trans.__("Runs, newest first")}>
        {rows.map((row) => (
          <li key={row.id}>
            <button
              type="button"
              className="stagebook-Run"
              data-run={row.id}
              data-status={row.status}
              aria-pressed={row.id === shown}
              disabled={onLookAt === null}
              title={row.id === shown ? trans.__("Back to now") : trans.__("See the pipeline as it was in this run")}
              onClick={() => (row.id === shown ? onNow() : onLookAt?.(row.id))}
            >
              <RunText row={row} trans={trans} />
            </button>
          </li>
        ))}
      </ul>
      {onMore && (
        <button type="button" className="stagebook-Link" onClick={onMore}>
          {trans.__("Show older runs")}
        </button>
      )}
    </div>
  );
}

function RunText({ row, trans }: Pick<RunsListProps, "trans"> & { readonly row: RunRowView }): ReactElement {
  const params = runParams(row);
  return (
    <>
      <StatusIcon status={runMark(row.status)} />
      <span className="stagebook-Run-text">
        <span className="stagebook-Run-head">
          <b>{runTitle(row, trans)}</b>
          <time dateTime={new Date(row.startedAt).toISOString()}>{formatMoment(row.startedAt)}</time>
        </span>
        <span className="stagebook-Run-outcome">{runOutcome(row, trans)}</span>
        {row.error && <span className="stagebook-Run-error">{row.error.message}</span>}
        {params.length > 0 && <span className="stagebook-Run-params">{params.join(" · ")}</span>}
      </span>
    </>
  );
}
