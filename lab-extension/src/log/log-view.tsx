/** The log of one notebook. Rendered by LogPanel. */
import { Clipboard } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { useDeferredValue, useEffect, useRef, useState } from "react";
import type { LogRecord, RunId } from "stagebook/protocol";
import { useLogRecords, useNotebookState } from "../model/use-store";
import type { NotebookModel, NotebookState } from "../tokens";
import { connectionText, emptyText, isOutdated, panelClass } from "../ui/texts/connection-text";
import { notifyDone, notifyFailure } from "../ui/notify";
import { EmptyPanel, PanelNotice } from "../ui/panel-text";
import { PastBanner } from "../ui/past-banner";
import { showWholeText, type TextPart } from "../ui/whole-text";
import { copyText, encodeNdjson, logFileName, saveFile } from "./export";
import { LogDetail } from "./log-detail";
import { LogFilters } from "./log-filters";
import { LogList } from "./log-list";
import type { LogFilter, LogRows } from "./rows";
import { emptyRows, filterRows } from "./rows";
import { findWhole, partsOfRecord, subjectOf, type CutRecord } from "./whole-record";

/** The user's choices. The panel keeps them while it is hidden. */
export interface LogViewState {
  readonly filter: LogFilter;
  readonly follow: boolean;
  /** Times are relative to the selected line, instead of the time of day. */
  readonly isRelative: boolean;
}

export interface LogViewProps {
  readonly model: NotebookModel;
  readonly viewState: LogViewState;
  readonly onViewState: (viewState: LogViewState) => void;
  readonly onClear: () => void;
  readonly trans: TranslationBundle;
}

export function LogView(props: LogViewProps): ReactElement {
  const { model, viewState, onViewState, trans } = props;
  const state = useNotebookState(model);
  const records = useLogRecords(model);
  const { filter, follow, isRelative } = viewState;
  const { visible } = useRows(records, filter);
  const [selected, setSelected] = useState<LogRecord | null>(null);
  const isOld = isOutdated(state);
  useRunLines(model, isOld ? null : filter.run);
  const isPast = state.connection === "past";
  useEffect(() => {
    if (!isPast) model.unread.markRead(records);
  }, [model, records, isPast]);
  const setFollow = (next: boolean): void => {
    if (next !== follow) onViewState({ ...viewState, follow: next });
  };
  return (
    <div className={panelClass("stagebook-Log", state)}>
      <Filters {...props} visible={visible} records={records} setFollow={setFollow} isOld={isOld} />
      <PastBanner model={model} trans={trans} />
      {records.length > 0 && <PanelNotice text={connectionText(state, trans)} />}
      {records.length === 0 ? (
        <EmptyPanel text={canHaveLines(state) ? { text: trans.__("No log lines yet.") } : emptyText(state, trans)} />
      ) : (
        <LogList
          visible={visible}
          follow={follow}
          onFollow={setFollow}
          origin={isRelative ? ((selected ?? visible[0])?.at ?? null) : null}
          selected={selected}
          onSelect={setSelected}
          trans={trans}
        />
      )}
      {selected && records.length > 0 && (
        <LogDetail
          record={selected}
          onShowCell={(cell) => model.showCell(cell)}
          onSelectStage={(stage) => model.select(stage)}
          onOnly={(only) => onViewState({ ...viewState, filter: { ...filter, ...only } })}
          onCopy={(record) => Clipboard.copyToSystem(copyText([record]))}
          onShowWhole={isOld && !isPast ? null : (record) => showWhole(model, record, trans)}
          onClose={() => setSelected(null)}
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
  readonly visible: readonly LogRecord[];
  readonly records: readonly LogRecord[];
  readonly setFollow: (follow: boolean) => void;
  readonly isOld: boolean;
}

function Filters(props: FiltersProps): ReactElement {
  const { model, viewState, onViewState, onClear, trans, visible, records, setFollow, isOld } = props;
  const { view } = useNotebookState(model);
  const loadOlder = (): void => {
    // A user who requests older lines wants to see them, not the newest.
    setFollow(false);
    fetchOlderLines(model).then((added) => {
      if (added === 0) notifyDone(trans.__("No older log lines."));
    }, notifyFailure);
  };
  return (
    <LogFilters
      filter={viewState.filter}
      onFilter={(filter) => onViewState({ ...viewState, filter })}
      stages={Object.keys(view.stages)}
      runs={[...view.runs].reverse()}
      runStartedAt={visible.find((record) => record.run === viewState.filter.run)?.at}
      visibleCount={visible.length}
      count={records.length}
      follow={viewState.follow}
      onFollow={setFollow}
      isRelative={viewState.isRelative}
      onRelative={(isRelative) => onViewState({ ...viewState, isRelative })}
      onClear={onClear}
      onOlder={isOld ? null : loadOlder}
      onCopy={() => Clipboard.copyToSystem(copyText(visible))}
      onSave={() => saveFile(logFileName(model.path), encodeNdjson(visible))}
      trans={trans}
    />
  );
}

/** Typing stays smooth with a long log: the list may lag behind the search field. */
function useRows(records: readonly LogRecord[], filter: LogFilter): LogRows {
  const deferredFilter = useDeferredValue(filter);
  const rows = useRef(emptyRows);
  rows.current = filterRows(rows.current, records, deferredFilter);
  return rows.current;
}

/** Fetches the lines of the filtered run that the page does not have, including those of an earlier kernel. */
function useRunLines(model: NotebookModel, run: RunId | null): void {
  useEffect(() => {
    if (run !== null) fetchRunLines(model, run).catch(notifyFailure);
  }, [model, run]);
}

/** The maximum number of lines in one reply of the kernel. */
const MAX_LINES = 10_000;

/** Fetches lines of this kernel until some of them are new. Returns the number of new lines; 0 if the page has all. */
async function fetchOlderLines(model: NotebookModel): Promise<number> {
  // The page cannot know how many of its lines come from this kernel, so it starts from the newest.
  for (let before = 0; ; before += MAX_LINES) {
    const { records, more } = await model.send<"log">({ type: "log", before, limit: MAX_LINES });
    const added = model.log.addEarlier(records);
    if (added > 0 || !more) return added;
  }
}

/** Fetches the last lines of a run, including a run of an earlier kernel. */
async function fetchRunLines(model: NotebookModel, run: RunId): Promise<void> {
  const { records } = await model.send<"log">({ type: "log", before: 0, limit: MAX_LINES, run });
  model.log.addEarlier(records);
}

function showWhole(model: NotebookModel, record: CutRecord, trans: TranslationBundle): void {
  const { stage, run, at } = record;
  const load = async (): Promise<readonly TextPart[]> => {
    const { records } = await model.send<"whole">({ type: "whole", stage, run, at });
    const found = findWhole(record, records);
    return found ? partsOfRecord(found, trans) : [];
  };
  showWholeText({ subject: subjectOf(record, trans), load, trans });
}
