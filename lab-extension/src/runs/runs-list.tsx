/** The list of past runs, newest first. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { RunId, RunRowView } from "stagebook/protocol";
import { formatMoment } from "stagebook/protocol";
import { StatusIcon } from "../ui/status-mark";
import { runMark, runOutcome, runParams, runTitle } from "../ui/texts/run-text";

export interface RunsListProps {
  readonly rows: readonly RunRowView[];
  /** The run that is viewed. */
  readonly selected: RunId | null;
  /** Null while the kernel is unavailable. */
  readonly onView: ((run: RunId) => void) | null;
  readonly onReturn: () => void;
  /** Null if there are no more runs. */
  readonly onMore: (() => void) | null;
  readonly trans: TranslationBundle;
}

export function RunsList({ rows, selected, onView, onReturn, onMore, trans }: RunsListProps): ReactElement {
  if (rows.length === 0)
    return (
      <p className="stagebook-Runs-none">
        {trans.__("No runs yet. Runs that execute at least one stage are listed here.")}
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
              aria-pressed={row.id === selected}
              disabled={onView === null}
              title={
                row.id === selected ? trans.__("Return to current state") : trans.__("View the pipeline as of this run")
              }
              onClick={() => (row.id === selected ? onReturn() : onView?.(row.id))}
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
