/** The toolbar of filters above the log. */
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
  /** The stages to choose from. */
  readonly stages: readonly string[];
  /** The runs to choose from, newest first. */
  readonly runs: readonly RunView[];
  /** The time of the first line of the filtered run, in epoch milliseconds. */
  readonly runStartedAt: number | undefined;
  readonly isRelative: boolean;
  readonly onRelative: (isRelative: boolean) => void;
  readonly visibleCount: number;
  readonly count: number;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  readonly onClear: () => void;
  /** Null while the kernel is unavailable. */
  readonly onOlder: (() => void) | null;
  readonly onCopy: () => void;
  readonly onSave: () => void;
  readonly trans: TranslationBundle;
}

export function LogFilters(props: LogFiltersProps): ReactElement {
  const { filter, onFilter, visibleCount, count, trans } = props;
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
          title={trans.__("Show lines of all cells")}
          onClick={() => onFilter({ ...filter, cell: null })}
        >
          {trans.__("one cell")} ✕
        </button>
      )}
      <SearchField {...props} />
      <span className="stagebook-LogFilters-count" role="status">
        {trans._n("%2 of %3 line", "%2 of %3 lines", count, formatCount(visibleCount), formatCount(count))}
      </span>
      <Buttons {...props} />
    </div>
  );
}

function Buttons(props: LogFiltersProps): ReactElement {
  const { visibleCount, count, follow, onFollow, isRelative, onRelative, onClear, onOlder, onCopy, onSave, trans } =
    props;
  return (
    <>
      <ToolButton
        label={trans.__("Follow")}
        caption={trans.__("Scroll to new lines as they arrive")}
        pressed={follow}
        onClick={() => onFollow(!follow)}
      />
      <ToolButton
        label={trans.__("Relative")}
        caption={trans.__("Show times relative to the selected line, or to the first line")}
        pressed={isRelative}
        onClick={() => onRelative(!isRelative)}
      />
      <ToolButton
        label={trans.__("Older")}
        caption={trans.__("Load older lines of this kernel")}
        disabled={onOlder === null}
        onClick={() => onOlder?.()}
      />
      <ToolButton
        label={trans.__("Copy")}
        caption={trans.__("Copy the visible lines as text")}
        disabled={visibleCount === 0}
        onClick={onCopy}
      />
      <ToolButton
        label={trans.__("Save")}
        caption={trans.__("Save the visible lines as NDJSON (one JSON object per line)")}
        disabled={visibleCount === 0}
        onClick={onSave}
      />
      <ToolButton
        label={trans.__("Clear")}
        caption={trans.__("Clear this list. Results and run files are kept.")}
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
      aria-label={trans.__("Minimum level")}
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

/** A stage that no longer exists stays in the list while it is selected. */
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

/** A run of an earlier kernel is in the list while it is selected. */
function RunSelect({ filter, onFilter, runs, runStartedAt, trans }: LogFiltersProps): ReactElement {
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
          {runStartedAt === undefined ? trans.__("run %1", filter.run) : formatMoment(runStartedAt)}
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
      title={trans.__("Text and field comparisons, such as rows>1000 code!=E7")}
      data-filter="text"
      value={filter.text}
      onChange={(event) => onFilter({ ...filter, text: event.target.value })}
    />
  );
}
