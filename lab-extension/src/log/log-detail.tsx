/** The chosen log line in full, below the list. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { CellId, LogRecord } from "stagebook/protocol";
import { formatMoment } from "../dag/quantity";
import { levelWord, plainText } from "./record-text";

export interface LogDetailProps {
  readonly record: LogRecord;
  readonly onShowCell: (cell: CellId) => void;
  readonly onSelect: (stage: string) => void;
  readonly onClose: () => void;
  readonly trans: TranslationBundle;
}

export function LogDetail({ record, onShowCell, onSelect, onClose, trans }: LogDetailProps): ReactElement {
  const { cell, stage } = record;
  return (
    <section className="stagebook-LogDetail" aria-label={trans.__("Log line")}>
      <header>
        <span>{formatMoment(record.at)}</span>
        <span>{levelWord(record.level, trans)}</span>
        {stage !== null && (
          <button type="button" className="stagebook-Link" onClick={() => onSelect(stage)}>
            {stage}
          </button>
        )}
        {cell !== null && (
          <button type="button" className="stagebook-Link" onClick={() => onShowCell(cell)}>
            {trans.__("Show cell")}
          </button>
        )}
        {record.run !== null && <span className="stagebook-Hint">{trans.__("run %1", record.run)}</span>}
        <button type="button" className="stagebook-Link stagebook-LogDetail-close" onClick={onClose}>
          {trans.__("Close")}
        </button>
      </header>
      <pre tabIndex={0}>{plainText(record.message)}</pre>
      <dl className="stagebook-Facts">
        {Object.entries(record.fields).map(([name, value]) => (
          <div key={name} className="stagebook-LogDetail-field">
            <dt>{name}</dt>
            <dd>{typeof value === "string" ? plainText(value) : JSON.stringify(value, null, 2)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
