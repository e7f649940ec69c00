/** The windowed list of log lines: only those in sight are in the page, all of one height. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { KeyboardEvent, ReactElement, RefObject, UIEvent } from "react";
import { useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import type { LogRecord } from "stagebook/protocol";
import { LogRow } from "./log-row";
import { findRowsInSight } from "./window-range";

export interface LogListProps {
  readonly visible: readonly LogRecord[];
  /** Sticks to the end while true. */
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  /** Times are told from this moment on; null for the time of day. */
  readonly origin: number | null;
  readonly selected: LogRecord | null;
  readonly onSelect: (record: LogRecord | null) => void;
  readonly trans: TranslationBundle;
}

/** In CSS pixels; the same in style/log.css. */
const ROW_HEIGHT = 20;

export function LogList({
  visible: shown,
  follow,
  onFollow,
  origin,
  selected: chosen,
  onSelect: onChoose,
  trans,
}: LogListProps): ReactElement {
  const list = useRef<HTMLDivElement>(null);
  const height = useHeight(list);
  const [scrollTop, setScrollTop] = useState(0);
  const idPrefix = useId();
  const lastTop = useRef(0);
  // Worked out, not read from the page: that would have it laid out several times a frame while lines arrive.
  const contentHeight = shown.length * ROW_HEIGHT;
  useStickToEnd(list, follow, contentHeight, height);
  useLayoutEffect(() => {
    if (!follow && list.current) setScrollTop(list.current.scrollTop);
  }, [follow]);

  const onScroll = ({ currentTarget }: UIEvent<HTMLDivElement>): void => {
    const top = currentTarget.scrollTop;
    const isAtEnd = top + currentTarget.clientHeight >= contentHeight - 2;
    // A shorter list also moves the view up, but then it is at its end.
    if (isAtEnd) onFollow(true);
    else if (top < lastTop.current) onFollow(false);
    lastTop.current = top;
    if (!follow || !isAtEnd) setScrollTop(top);
  };
  const choose = useCallback((index: number) => onChoose(shown[index] ?? null), [shown, onChoose]);
  const chosenIndex = chosen ? shown.indexOf(chosen) : -1;
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = findNextRow(event.key, chosenIndex, shown.length, Math.floor(height / ROW_HEIGHT));
    if (next === null) return;
    event.preventDefault();
    onChoose(shown[next] ?? null);
    if (next < 0) return;
    onFollow(next === shown.length - 1);
    showRow(list, next);
  };
  const top = follow ? contentHeight - height : scrollTop;
  const { start, end } = findRowsInSight(top, height, ROW_HEIGHT, shown.length);
  return (
    <div
      ref={list}
      className="stagebook-LogList"
      role="listbox"
      aria-label={trans.__("Log lines")}
      aria-activedescendant={chosenIndex >= start && chosenIndex < end ? `${idPrefix}${chosenIndex}` : undefined}
      tabIndex={0}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
    >
      <div className="stagebook-LogList-rows" role="presentation" style={{ height: contentHeight }}>
        {shown.slice(start, end).map((record, offset) => (
          <LogRow
            // While lines arrive each frame shows others, in the same elements.
            key={follow ? offset : start + offset}
            id={`${idPrefix}${start + offset}`}
            record={record}
            index={start + offset}
            count={shown.length}
            top={(start + offset) * ROW_HEIGHT}
            origin={origin}
            isSelected={start + offset === chosenIndex}
            onSelect={choose}
            trans={trans}
          />
        ))}
      </div>
    </div>
  );
}

/** The row that a key leads to; -1 for none (Escape), null for a key that means nothing here. */
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

function showRow(list: RefObject<HTMLDivElement>, index: number): void {
  const element = list.current;
  if (!element) return;
  const top = index * ROW_HEIGHT;
  if (top < element.scrollTop) element.scrollTop = top;
  else if (top + ROW_HEIGHT > element.scrollTop + element.clientHeight)
    element.scrollTop = top + ROW_HEIGHT - element.clientHeight;
}

function useStickToEnd(list: RefObject<HTMLDivElement>, follow: boolean, contentHeight: number, height: number): void {
  useLayoutEffect(() => {
    if (follow && list.current) list.current.scrollTop = contentHeight;
  }, [list, follow, contentHeight, height]);
}

function useHeight(list: RefObject<HTMLDivElement>): number {
  const [height, setHeight] = useState(0);
  useEffect(() => {
    const element = list.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    setHeight(element.clientHeight);
    return () => observer.disconnect();
  }, [list]);
  return height;
}
