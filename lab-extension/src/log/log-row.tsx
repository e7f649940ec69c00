/** A line of the log. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { memo } from "react";
import type { Json, LogLevel, LogRecord } from "stagebook/protocol";
import { formatMoment } from "stagebook/protocol";
import { AnsiText } from "../ui/ansi-text";
import { fieldText, firstColoredLine, firstLine, formatLogTime, formatOffset, levelWord } from "./record-text";

export interface LogRowProps {
  readonly id: string;
  readonly record: LogRecord;
  /** Zero-based, among the visible lines. */
  readonly index: number;
  readonly count: number;
  readonly top: number;
  /** Times are relative to this moment; null for the time of day. */
  readonly origin: number | null;
  readonly isSelected: boolean;
  readonly onSelect: (index: number) => void;
  readonly trans: TranslationBundle;
}

export const LogRow = memo(function LogRow({
  id,
  record,
  index,
  count,
  top,
  origin,
  isSelected,
  onSelect,
  trans,
}: LogRowProps): ReactElement {
  return (
    <div
      id={id}
      className={isSelected ? "stagebook-LogRow stagebook-mod-selected" : "stagebook-LogRow"}
      role="option"
      aria-selected={isSelected}
      aria-posinset={index + 1}
      aria-setsize={count}
      data-log={index}
      data-level={record.level}
      data-stage={record.stage ?? undefined}
      data-source={record.source}
      style={{ top }}
      onClick={() => onSelect(index)}
    >
      <span className="stagebook-LogRow-time" title={formatMoment(record.at)}>
        {origin === null ? formatLogTime(record.at) : formatOffset(record.at, origin)}
      </span>
      <span className="stagebook-LogRow-level" title={levelWord(record.level, trans)}>
        <LevelIcon level={record.level} />
        {levelWord(record.level, trans)}
      </span>
      <span className="stagebook-LogRow-stage" title={record.stage ?? undefined}>
        {record.stage}
      </span>
      <span className="stagebook-LogRow-text">
        <span className="stagebook-LogRow-message">
          <AnsiText text={firstColoredLine(record.message)} />
        </span>
        {visibleFields(record).map(([name, value]) => (
          <span key={name} className="stagebook-LogRow-field">
            {" "}
            <span className="stagebook-LogRow-fieldName">{name}</span>={firstLine(fieldText(value))}
          </span>
        ))}
      </span>
    </div>
  );
});

/** A stack trace is shown only in the detail below the list. */
function visibleFields({ fields }: LogRecord): [string, Json][] {
  return Object.entries(fields).filter(([name]) => name !== "stack");
}

function LevelIcon({ level }: { readonly level: LogLevel }): ReactElement {
  return (
    <svg className="stagebook-LogRow-icon" viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
      <path d={levelShapes[level]} />
    </svg>
  );
}

const levelShapes: { readonly [L in LogLevel]: string } = {
  debug: "M5 8h6",
  info: "M8 7v5M8 4v.5",
  warn: "M8 2L14.5 13.5h-13zM8 6.5v3.5M8 11.6v.4",
  error: "M4 4l8 8M12 4l-8 8",
};
