/** The row of filters above the log. Props in, callbacks out. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { LogLevel } from "stagebook/protocol";
import { formatCount } from "../dag/quantity";
import { levelWord } from "./record-text";
import type { LogFilter } from "./rows";
import { LEVELS } from "./rows";

export interface LogFiltersProps {
  readonly filter: LogFilter;
  readonly onFilter: (filter: LogFilter) => void;
  /** Names of the stages to choose from. */
  readonly stages: readonly string[];
  readonly shownCount: number;
  readonly count: number;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  readonly onClear: () => void;
  readonly trans: TranslationBundle;
}

export function LogFilters(props: LogFiltersProps): ReactElement {
  const { shownCount, count, follow, onFollow, onClear, trans } = props;
  return (
    <div className="stagebook-LogFilters" role="toolbar" aria-label={trans.__("Log")}>
      <LevelSelect {...props} />
      <StageSelect {...props} />
      <SearchField {...props} />
      <span className="stagebook-LogFilters-count" role="status">
        {trans._n("%2 of %3 line", "%2 of %3 lines", count, formatCount(shownCount), formatCount(count))}
      </span>
      <button
        type="button"
        className="stagebook-Button"
        aria-pressed={follow}
        title={trans.__("Stay at the newest line")}
        onClick={() => onFollow(!follow)}
      >
        {trans.__("Follow")}
      </button>
      <button
        type="button"
        className="stagebook-Button"
        disabled={count === 0}
        title={trans.__("Empty this list; results and run files stay")}
        onClick={onClear}
      >
        {trans.__("Clear")}
      </button>
    </div>
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

function SearchField({ filter, onFilter, trans }: LogFiltersProps): ReactElement {
  return (
    <input
      className="stagebook-Search"
      type="search"
      aria-label={trans.__("Search the log")}
      placeholder={trans.__("Search message, stage, fields")}
      data-filter="text"
      value={filter.text}
      onChange={(event) => onFilter({ ...filter, text: event.target.value })}
    />
  );
}
