/** The error of a stage's last execution: message, advice, location and stack trace. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { CellId, ErrorView } from "stagebook/protocol";

export interface ErrorBlockProps {
  readonly error: ErrorView;
  readonly onShowCell: (cell: CellId) => void;
  readonly trans: TranslationBundle;
}

export function ErrorBlock({ error, onShowCell, trans }: ErrorBlockProps): ReactElement {
  const { cell } = error;
  return (
    <div className="stagebook-Error" role="group" aria-label={trans.__("Error")}>
      <p className="stagebook-Error-message">
        <b>{error.code}</b>: {error.message}
      </p>
      {error.advice && <p className="stagebook-Error-advice">{error.advice}</p>}
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
