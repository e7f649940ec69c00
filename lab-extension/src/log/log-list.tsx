/** The virtual list of log lines: only visible rows are rendered, all with the same height. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { KeyboardEvent, ReactElement, RefObject, UIEvent } from "react";
import { useCallback, useId, useLayoutEffect, useRef, useState } from "react";
import type { LogRecord } from "stagebook/protocol";
import { findVisibleRows, scrollToRow, useHeight } from "../ui/virtual-list";
import { LogRow } from "./log-row";

export interface LogListProps {
  readonly visible: readonly LogRecord[];
  /** Sticks to the end while true. */
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  /** Times are relative to this moment; null for the time of day. */
  readonly origin: number | null;
  readonly selected: LogRecord | null;
  readonly onSelect: (record: LogRecord | null) => void;
  readonly trans: TranslationBundle;
}

/** In CSS pixels; the same in style/log.css. */
const ROW_HEIGHT = 20;

export function LogList({ visible, follow, onFollow, origin, selected, onSelect, trans }: LogListProps): ReactElement {
  const list = useRef<HTMLDivElement>(null);
  const height = useHeight(list);
  const [scrollTop, setScrollTop] = useState(0);
  const idPrefix = useId();
  const lastTop = useRef(0);
  // Computed instead of read from the page, which would force several layouts per frame while lines arrive.
  const contentHeight = visible.length * ROW_HEIGHT;
  useStickToEnd(list, follow, contentHeight, height);
  useLayoutEffect(() => {
    if (!follow && list.current) setScrollTop(list.current.scrollTop);
  }, [follow]);

  const onScroll = ({ currentTarget }: UIEvent<HTMLDivElement>): void => {
    const top = currentTarget.scrollTop;
    const isAtEnd = top + currentTarget.clientHeight >= contentHeight - 2;
    // A list that became shorter also moves the view up, but then it is at its end.
    if (isAtEnd) onFollow(true);
    else if (top < lastTop.current) onFollow(false);
    lastTop.current = top;
    if (!follow || !isAtEnd) setScrollTop(top);
  };
  const selectRow = useCallback((index: number) => onSelect(visible[index] ?? null), [visible, onSelect]);
  const selectedIndex = selected ? visible.indexOf(selected) : -1;
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = findNextRow(event.key, selectedIndex, visible.length, Math.floor(height / ROW_HEIGHT));
    if (next === null) return;
    event.preventDefault();
    onSelect(visible[next] ?? null);
    if (next < 0) return;
    onFollow(next === visible.length - 1);
    scrollToRow(list, next, ROW_HEIGHT);
  };
  const top = follow ? contentHeight - height : scrollTop;
  const { start, end } = findVisibleRows(top, height, ROW_HEIGHT, visible.length);
  return (
    <div
      ref={list}
      className="stagebook-LogList"
      role="listbox"
      aria-label={trans.__("Log lines")}
      aria-activedescendant={selectedIndex >= start && selectedIndex < end ? `${idPrefix}${selectedIndex}` : undefined}
      tabIndex={0}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
    >
      <div className="stagebook-LogList-rows" role="presentation" style={{ height: contentHeight }}>
        {visible.slice(start, end).map((record, offset) => (
          <LogRow
            // While lines arrive, each frame shows other lines in the same elements.
            key={follow ? offset : start + offset}
            id={`${idPrefix}${start + offset}`}
            record={record}
            index={start + offset}
            count={visible.length}
            top={(start + offset) * ROW_HEIGHT}
            origin={origin}
            isSelected={start + offset === selectedIndex}
            onSelect={selectRow}
            trans={trans}
          />
        ))}
      </div>
    </div>
  );
}

/** The row that a key leads to; -1 for no row (Escape), null for a key without a meaning here. */
function findNextRow(key: string, from: number, count: number, page: number): number | null {
  if (key === "Escape") return from >= 0 ? -1 : null;
  if (count === 0) return null;
  const last = count - 1;
  const targets: { readonly [key: string]: number } = {
    ArrowDown: from < 0 ? last : from + 1,
    ArrowUp: from < 0 ? last : from - 1,
    PageDown: from < 0 ? last : from + page,
    PageUp: from < 0 ? last : from - page,
    Home: 0,
    End: last,
  };
  const target = targets[key];
  return target === undefined ? null : Math.min(last, Math.max(0, target));
}

function useStickToEnd(list: RefObject<HTMLDivElement>, follow: boolean, contentHeight: number, height: number): void {
  useLayoutEffect(() => {
    if (follow && list.current) list.current.scrollTop = contentHeight;
  }, [list, follow, contentHeight, height]);
}
