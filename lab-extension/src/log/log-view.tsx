/** What the log panel shows of one notebook. */
import { Clipboard, Notification } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { useDeferredValue, useEffect, useRef, useState } from "react";
import type { LogRecord, RunId } from "stagebook/protocol";
import { connectionText, emptyText, isOutdated, panelClass } from "../ui/connection-text";
import { EmptyPanel, PanelNotice } from "../ui/panel-text";
import { useLogRecords, useNotebookState } from "../model/use-store";
import { PastBanner } from "../ui/past-banner";
import type { NotebookModel, NotebookState } from "../tokens";
import { fetchOlderLines, fetchRunLines } from "./earlier-lines";
import { copyText, encodeNdjson, logFileName, saveFile } from "./export";
import { LogDetail } from "./log-detail";
import { LogFilters } from "./log-filters";
import { LogList } from "./log-list";
import type { LogFilter, LogRows } from "./rows";
import { filterRows, emptyRows } from "./rows";

/** What the person chose. The panel keeps it while it is hidden. */
export interface LogViewState {
  readonly filter: LogFilter;
  readonly follow: boolean;
  /** Times from the chosen line on, instead of the time of day. */
  readonly isRelative: boolean;
}

export interface LogViewProps {
  readonly model: NotebookModel;
  readonly viewState: LogViewState;
  readonly onViewState: (choices: LogViewState) => void;
  readonly onClear: () => void;
  readonly trans: TranslationBundle;
}

export function LogView(props: LogViewProps): ReactElement {
  const { model, viewState: choices, onViewState: onChoices, trans } = props;
  const state = useNotebookState(model);
  const records = useLogRecords(model);
  const { filter, follow, isRelative: isSince } = choices;
  const { visible: shown } = useRows(records, filter);
  const [chosen, setChosen] = useState<LogRecord | null>(null);
  const isOld = isOutdated(state);
  useRunLines(model, isOld ? null : filter.run);
  const setFollow = (next: boolean): void => {
    if (next !== follow) onChoices({ ...choices, follow: next });
  };
  return (
    <div className={panelClass("stagebook-Log", state)}>
      <Filters {...props} shown={shown} records={records} setFollow={setFollow} isOld={isOld} />
      <PastBanner model={model} trans={trans} />
      {records.length > 0 && <PanelNotice text={connectionText(state, trans)} />}
      {records.length === 0 ? (
        <EmptyPanel
          text={canHaveLines(state) ? { text: trans.__("Nothing is logged yet.") } : emptyText(state, trans)}
        />
      ) : (
        <LogList
          visible={shown}
          follow={follow}
          onFollow={setFollow}
          origin={isSince ? ((chosen ?? shown[0])?.at ?? null) : null}
          selected={chosen}
          onSelect={setChosen}
          trans={trans}
        />
      )}
      {chosen && records.length > 0 && (
        <LogDetail
          record={chosen}
          onShowCell={(cell) => model.showCell(cell)}
          onSelect={(stage) => model.select(stage)}
          onOnly={(only) => onChoices({ ...choices, filter: { ...filter, ...only } })}
          onCopy={(record) => Clipboard.copyToSystem(copyText([record]))}
          onClose={() => setChosen(null)}
          trans={trans}
        />
      )}
    </div>
  );
}

function canHaveLines({ connection }: NotebookState): boolean {
  return connection === "live" || connection === "past";
}

interface FiltersProps extends LogViewProps {
  readonly shown: readonly LogRecord[];
  readonly records: readonly LogRecord[];
  readonly setFollow: (follow: boolean) => void;
  readonly isOld: boolean;
}

function Filters(props: FiltersProps): ReactElement {
  const { model, viewState: choices, onViewState: onChoices, onClear, trans, shown, records, setFollow, isOld } = props;
  const { view } = useNotebookState(model);
  const older = (): void => {
    // Who asks for older lines wants to see them, not the newest.
    setFollow(false);
    fetchOlderLines(model).then((added) => {
      if (added === 0) Notification.info(trans.__("There are no older lines in this kernel."), { autoClose: 4000 });
    }, reportFailure);
  };
  return (
    <LogFilters
      filter={choices.filter}
      onFilter={(filter) => onChoices({ ...choices, filter })}
      stages={Object.keys(view.stages)}
      runs={[...view.runs].reverse()}
      runStartedAt={shown.find((record) => record.run === choices.filter.run)?.at}
      visibleCount={shown.length}
      count={records.length}
      follow={choices.follow}
      onFollow={setFollow}
      isRelative={choices.isRelative}
      onRelative={(isSince) => onChoices({ ...choices, isRelative: isSince })}
      onClear={onClear}
      onOlder={isOld ? null : older}
      onCopy={() => Clipboard.copyToSystem(copyText(shown))}
      onSave={() => saveFile(logFileName(model.path), encodeNdjson(shown))}
      trans={trans}
    />
  );
}

/** Typing stays fluent over a long log: the list may lag behind the search field. */
function useRows(records: readonly LogRecord[], filter: LogFilter): LogRows {
  const shownFilter = useDeferredValue(filter);
  const rows = useRef(emptyRows);
  rows.current = filterRows(rows.current, records, shownFilter);
  return rows.current;
}

/** The lines of a chosen run that the page does not have, also those of an earlier kernel. */
function useRunLines(model: NotebookModel, run: RunId | null): void {
  useEffect(() => {
    if (run !== null) fetchRunLines(model, run).catch(reportFailure);
  }, [model, run]);
}

function reportFailure(error: unknown): void {
  Notification.error(error instanceof Error ? error.message : String(error), { autoClose: 6000 });
}
