/** The selected log line with all its fields, below the list. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { CellId, LogRecord } from "stagebook/protocol";
import { formatMoment } from "stagebook/protocol";
import { JsonTree } from "../ui/json-tree";
import { AnsiText } from "../ui/ansi-text";
import { WholeTextButton } from "../ui/whole-text-button";
import { levelWord } from "./record-text";
import type { LogFilter } from "./rows";
import { isCut, subjectOf, type CutRecord } from "./whole-record";

export interface LogDetailProps {
  readonly record: LogRecord;
  readonly onShowCell: (cell: CellId) => void;
  readonly onSelectStage: (stage: string) => void;
  /** Filters for the lines of the same stage, cell or run. */
  readonly onOnly: (only: Partial<LogFilter>) => void;
  readonly onCopy: (record: LogRecord) => void;
  /** Shows all of the text. Null while the kernel is unavailable. */
  readonly onShowWhole: ((record: CutRecord) => void) | null;
  readonly onClose: () => void;
  readonly trans: TranslationBundle;
}

export function LogDetail(props: LogDetailProps): ReactElement {
  const { record, trans } = props;
  return (
    <section className="stagebook-LogDetail" aria-label={trans.__("Log line")}>
      <DetailHead {...props} />
      <pre tabIndex={0}>
        <AnsiText text={record.message} />
      </pre>
      <dl className="stagebook-Facts">
        {Object.entries(record.fields).map(([name, value]) => (
          <div key={name} className="stagebook-LogDetail-field">
            <dt>{name}</dt>
            <dd>
              {typeof value === "string" ? (
                <AnsiText text={value} />
              ) : typeof value === "object" && value !== null ? (
                <JsonTree value={value} open={2} />
              ) : (
                JSON.stringify(value)
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function DetailHead(props: LogDetailProps): ReactElement {
  const { record, onShowCell, onSelectStage, onOnly, onCopy, onClose, trans } = props;
  const { cell, stage, run } = record;
  return (
    <header>
      <span>{formatMoment(record.at)}</span>
      <span>{levelWord(record.level, trans)}</span>
      {stage !== null && (
        <DetailButton title={trans.__("Show stage")} label={stage} onClick={() => onSelectStage(stage)} />
      )}
      {cell !== null && <DetailButton label={trans.__("Show cell")} onClick={() => onShowCell(cell)} />}
      {run !== null && <span className="stagebook-Hint">{trans.__("run %1", run)}</span>}
      {stage !== null && <DetailButton label={trans.__("Only this stage")} onClick={() => onOnly({ stage })} />}
      {cell !== null && <DetailButton label={trans.__("Only this cell")} onClick={() => onOnly({ cell })} />}
      {run !== null && <DetailButton label={trans.__("Only this run")} onClick={() => onOnly({ run })} />}
      <DetailButton label={trans.__("Copy line")} onClick={() => onCopy(record)} />
      <WholeRecordButton {...props} />
      <button type="button" className="stagebook-Link stagebook-LogDetail-close" onClick={onClose}>
        {trans.__("Close")}
      </button>
    </header>
  );
}

function WholeRecordButton({ record, onShowWhole, trans }: LogDetailProps): ReactElement | null {
  if (!isCut(record)) return null;
  return (
    <WholeTextButton
      subject={subjectOf(record, trans)}
      onShow={onShowWhole && (() => onShowWhole(record))}
      trans={trans}
    />
  );
}

interface DetailButtonProps {
  readonly label: string;
  readonly title?: string;
  readonly onClick: () => void;
}

function DetailButton({ label, title, onClick }: DetailButtonProps): ReactElement {
  return (
    <button type="button" className="stagebook-Link" title={title} onClick={onClick}>
      {label}
    </button>
  );
}
