/** The row of filters above the log. Props in, callbacks out. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { LogLevel, RunId, RunView } from "stagebook/protocol";
import { formatClock, formatCount, formatMoment } from "stagebook/protocol";
import { levelWord } from "./record-text";
import type { LogFilter } from "./rows";
import { LEVELS } from "./rows";

export interface LogFiltersProps {
  readonly filter: LogFilter;
  readonly onFilter: (filter: LogFilter) => void;
  /** Names of the stages to choose from. */
  readonly stages: readonly string[];
  /** To choose from, newest first. */
  readonly runs: readonly RunView[];
  /** When the chosen run wrote its first line, epoch milliseconds, if it did. */
  readonly runStartedAt: number | undefined;
  readonly isRelative: boolean;
  readonly onRelative: (isSince: boolean) => void;
  readonly visibleCount: number;
  readonly count: number;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  readonly onClear: () => void;
  /** Null while no kernel can answer. */
  readonly onOlder: (() => void) | null;
  readonly onCopy: () => void;
  readonly onSave: () => void;
  readonly trans: TranslationBundle;
}

export function LogFilters(props: LogFiltersProps): ReactElement {
  const { filter, onFilter, visibleCount: shownCount, count, trans } = props;
  return (
    <div className="stagebook-LogFilters" role="toolbar" aria-label={trans.__("Log")}>
      <LevelSelect {...props} />
      <StageSelect {...props} />
      <RunSelect {...props} />
      {filter.cell !== null && (
        <button
          type="button"
          className="stagebook-Button"
          data-filter="cell"
          title={trans.__("Show lines of all cells again")}
          onClick={() => onFilter({ ...filter, cell: null })}
        >
          {trans.__("one cell")} ✕
        </button>
      )}
      <SearchField {...props} />
      <span className="stagebook-LogFilters-count" role="status">
        {trans._n("%2 of %3 line", "%2 of %3 lines", count, formatCount(shownCount), formatCount(count))}
      </span>
      <Buttons {...props} />
    </div>
  );
}

function Buttons(props: LogFiltersProps): ReactElement {
  const {
    visibleCount: shownCount,
    count,
    follow,
    onFollow,
    isRelative: isSince,
    onRelative: onSince,
    onClear,
    onOlder,
    onCopy,
    onSave,
    trans,
  } = props;
  return (
    <>
      <ToolButton
        label={trans.__("Follow")}
        caption={trans.__("Stay at the newest line")}
        pressed={follow}
        onClick={() => onFollow(!follow)}
      />
      <ToolButton
        label={trans.__("Relative")}
        caption={trans.__("Tell times from the chosen line on, or from the first shown one")}
        pressed={isSince}
        onClick={() => onSince(!isSince)}
      />
      <ToolButton
        label={trans.__("Older")}
        caption={trans.__("Fetch older lines of this kernel")}
        disabled={onOlder === null}
        onClick={() => onOlder?.()}
      />
      <ToolButton
        label={trans.__("Copy")}
        caption={trans.__("Copy the lines that are shown, as text")}
        disabled={shownCount === 0}
        onClick={onCopy}
      />
      <ToolButton
        label={trans.__("Save")}
        caption={trans.__("Save the lines that are shown as a file, one JSON object for each line")}
        disabled={shownCount === 0}
        onClick={onSave}
      />
      <ToolButton
        label={trans.__("Clear")}
        caption={trans.__("Empty this list; results and run files stay")}
        disabled={count === 0}
        onClick={onClear}
      />
    </>
  );
}

interface ToolButtonProps {
  readonly label: string;
  readonly caption: string;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly onClick: () => void;
}

function ToolButton({ label, caption, pressed, disabled, onClick }: ToolButtonProps): ReactElement {
  return (
    <button
      type="button"
      className="stagebook-Button"
      aria-pressed={pressed}
      disabled={disabled}
      title={caption}
      onClick={onClick}
    >
      {label}
    </button>
  );
}

function LevelSelect({ filter, onFilter, trans }: LogFiltersProps): ReactElement {
  return (
    <select
      className="stagebook-Select"
      aria-label={trans.__("Least level")}
      data-filter="level"
      value={filter.level}
      onChange={(event) => onFilter({ ...filter, level: event.target.value as LogLevel })}
    >
      {LEVELS.map((level) => (
        <option key={level} value={level}>
          {level === "debug"
            ? trans.__("all levels")
            : level === "error"
              ? trans.__("errors")
              : trans.__("%1 and above", levelWord(level, trans))}
        </option>
      ))}
    </select>
  );
}

/** A stage that is gone stays in the list while it is chosen. */
function StageSelect({ filter, onFilter, stages, trans }: LogFiltersProps): ReactElement {
  const names = filter.stage === null || stages.includes(filter.stage) ? stages : [...stages, filter.stage];
  return (
    <select
      className="stagebook-Select"
      aria-label={trans.__("Stage")}
      data-filter="stage"
      value={filter.stage ?? ""}
      onChange={(event) => onFilter({ ...filter, stage: event.target.value === "" ? null : event.target.value })}
    >
      <option value="">{trans.__("all stages")}</option>
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

/** A run of an earlier kernel is in the list while it is chosen. */
function RunSelect({ filter, onFilter, runs, runStartedAt: runBegan, trans }: LogFiltersProps): ReactElement {
  const isListed = filter.run === null || runs.some((run) => run.id === filter.run);
  return (
    <select
      className="stagebook-Select"
      aria-label={trans.__("Run")}
      data-filter="run"
      value={filter.run ?? ""}
      onChange={(event) =>
        onFilter({ ...filter, run: event.target.value === "" ? null : (event.target.value as RunId) })
      }
    >
      <option value="">{trans.__("all runs")}</option>
      {!isListed && filter.run !== null && (
        <option value={filter.run}>
          {runBegan === undefined ? trans.__("run %1", filter.run) : formatMoment(runBegan)}
        </option>
      )}
      {runs.map((run) => (
        <option key={run.id} value={run.id}>
          {`${formatClock(run.startedAt)} ${run.targets.join(", ").slice(0, 40)}`}
        </option>
      ))}
    </select>
  );
}

function SearchField({ filter, onFilter, trans }: LogFiltersProps): ReactElement {
  return (
    <input
      className="stagebook-Search"
      type="search"
      aria-label={trans.__("Search the log")}
      placeholder={trans.__("Search message, stage, fields")}
      title={trans.__("Text, and comparisons of fields: rows>1000 code!=E7")}
      data-filter="text"
      value={filter.text}
      onChange={(event) => onFilter({ ...filter, text: event.target.value })}
    />
  );
}
