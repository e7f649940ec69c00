/** What the log panel shows of one notebook. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { useDeferredValue, useRef, useState } from "react";
import type { LogRecord } from "stagebook/protocol";
import { connectionText, emptyText, isOutdated } from "../dag/connection-text";
import { EmptyPanel, PanelNotice } from "../dag/panel-text";
import { useLogRecords, useNotebookState } from "../stores/use-store";
import type { NotebookModel } from "../tokens";
import { LogDetail } from "./log-detail";
import { LogFilters } from "./log-filters";
import { LogList } from "./log-list";
import type { LogFilter } from "./rows";
import { filterRows, noRows } from "./rows";

/** What the person chose. The panel keeps it while it is hidden. */
export interface LogChoices {
  readonly filter: LogFilter;
  readonly follow: boolean;
}

export interface LogViewProps {
  readonly model: NotebookModel;
  readonly choices: LogChoices;
  readonly onChoices: (choices: LogChoices) => void;
  readonly onClear: () => void;
  readonly trans: TranslationBundle;
}

export function LogView({ model, choices, onChoices, onClear, trans }: LogViewProps): ReactElement {
  const state = useNotebookState(model);
  const records = useLogRecords(model);
  const { filter, follow } = choices;
  // Typing stays fluent over a long log: the list may lag behind the search field.
  const shownFilter = useDeferredValue(filter);
  const rows = useRef(noRows);
  rows.current = filterRows(rows.current, records, shownFilter);
  const { shown } = rows.current;
  const [chosen, setChosen] = useState<LogRecord | null>(null);
  const setFollow = (next: boolean): void => {
    if (next !== follow) onChoices({ filter, follow: next });
  };
  return (
    <div className={isOutdated(state) ? "stagebook-Log stagebook-mod-outdated" : "stagebook-Log"}>
      <LogFilters
        filter={filter}
        onFilter={(next) => onChoices({ filter: next, follow })}
        stages={Object.keys(state.view.stages)}
        shownCount={shown.length}
        count={records.length}
        follow={follow}
        onFollow={setFollow}
        onClear={onClear}
        trans={trans}
      />
      {records.length > 0 && <PanelNotice text={connectionText(state, trans)} />}
      {records.length === 0 ? (
        <EmptyPanel
          text={state.connection === "live" ? { text: trans.__("Nothing is logged yet.") } : emptyText(state, trans)}
        />
      ) : (
        <LogList
          shown={shown}
          follow={follow}
          onFollow={setFollow}
          chosen={chosen}
          onChoose={setChosen}
          trans={trans}
        />
      )}
      {chosen && records.length > 0 && (
        <LogDetail
          record={chosen}
          onShowCell={(cell) => model.showCell(cell)}
          onSelect={(stage) => model.select(stage)}
          onClose={() => setChosen(null)}
          trans={trans}
        />
      )}
    </div>
  );
}
