/** The error of a stage's last execution: message, advice, location and stack trace. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { CellId, ErrorView, RunId } from "stagebook/protocol";
import { WholeTextButton } from "../ui/whole-text-button";

export interface ErrorBlockProps {
  readonly error: ErrorView;
  readonly onShowCell: (cell: CellId) => void;
  /** The stage that failed. */
  readonly stage: string;
  /** Shows the error with all of its text. Null while the kernel is unavailable. */
  readonly onShowWhole: ((stage: string, run: RunId) => void) | null;
  readonly trans: TranslationBundle;
}

export function ErrorBlock({ error, stage, onShowCell, onShowWhole, trans }: ErrorBlockProps): ReactElement {
  const { cell, cutIn } = error;
  return (
    <div className="stagebook-Error" role="group" aria-label={trans.__("Error")}>
      <p className="stagebook-Error-message">
        <b>{error.code}</b>: {error.message}
      </p>
      {error.advice && <p className="stagebook-Error-advice">{error.advice}</p>}
      {cutIn && (
        <WholeTextButton
          subject={trans.__("Error of %1", stage)}
          onShow={onShowWhole && (() => onShowWhole(stage, cutIn))}
          trans={trans}
        />
      )}
      {cell && (
        <button type="button" className="stagebook-Link" onClick={() => onShowCell(cell)}>
          {error.line === undefined ? trans.__("Show cell") : trans.__("Show cell (line %1)", error.line)}
        </button>
      )}
      {error.stack && (
        <details>
          <summary>{trans.__("Stack trace")}</summary>
          <pre tabIndex={0}>{error.stack}</pre>
        </details>
      )}
    </div>
  );
}
