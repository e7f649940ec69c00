/** The stages as a tree of lines, with the edges at the left. Rendered by ListView. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { KeyboardEvent, ReactElement, RefObject } from "react";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { View } from "stagebook/protocol";
import { findVisibleRows, scrollToRow, useHeight } from "../../ui/virtual-list";
import { countStatuses } from "../model/group-status";
import type { Lanes } from "../model/lanes";
import type { ListRow } from "../model/list-rows";
import type { NodeMark, NodeMarks } from "../model/node-marks";
import type { FocusRequest } from "../use-graph";
import { ROW_HEIGHT } from "./row-lanes";
import { StageRow } from "./stage-row";

export interface StageListProps {
  readonly rows: readonly ListRow[];
  readonly lanes: Lanes;
  readonly view: View;
  readonly marks: NodeMarks;
  /** The name of the selected stage. */
  readonly selected: string | null;
  readonly focus: FocusRequest | null;
  /** Called for a click on a row, Enter, and Space. */
  readonly onSelect: (row: ListRow) => void;
  /** Called for a click and Enter, after `onSelect`: the cell is shown. */
  readonly onOpen: (row: ListRow) => void;
  readonly onExpand: (row: ListRow, isExpanded: boolean) => void;
  readonly trans: TranslationBundle;
}

/** A list of up to this many rows is rendered whole, so that the browser's own search finds every name. */
const WHOLE_UP_TO = 300;

export function StageList(props: StageListProps): ReactElement {
  const { rows, lanes, view, marks, selected, focus, onSelect, onOpen, onExpand, trans } = props;
  const list = useRef<HTMLDivElement>(null);
  const height = useHeight(list);
  const [scrollTop, setScrollTop] = useState(0);
  const selectedIndex = findSelected(rows, selected);
  const { active, setActive, moveTo } = useActiveRow(list, rows, selectedIndex);
  useRequests({ list, rows, height, focus, selectedIndex, moveTo });
  const latest = useRef(props);
  latest.current = props;
  const open = useCallback((index: number) => {
    const row = latest.current.rows[index];
    if (!row) return;
    latest.current.onSelect(row);
    latest.current.onOpen(row);
  }, []);
  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[active];
    if (!row || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key === "Enter" || event.key === " ") {
      onSelect(row);
      if (event.key === "Enter") onOpen(row);
    } else if (event.key === "ArrowRight" && row.isExpanded === false) onExpand(row, true);
    else if (event.key === "ArrowLeft" && row.isExpanded) onExpand(row, false);
    else {
      const next = findNextRow(event.key, active, rows, Math.floor(height / ROW_HEIGHT));
      if (next === null) return;
      moveTo(next, true);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const lineage = useLineage(rows, marks, selectedIndex);
  const isWhole = rows.length <= WHOLE_UP_TO;
  const { start, end } = isWhole
    ? { start: 0, end: rows.length }
    : findVisibleRows(scrollTop, height, ROW_HEIGHT, rows.length);
  // The row in focus stays in the page, so that the focus is not lost by scrolling.
  const indexes = Array.from({ length: end - start }, (_, offset) => start + offset);
  if (active < start) indexes.unshift(active);
  else if (active >= end && active < rows.length) indexes.push(active);
  return (
    <div
      ref={list}
      className="stagebook-List"
      onScroll={isWhole ? undefined : ({ currentTarget }) => setScrollTop(currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      <div
        className="stagebook-List-rows"
        role="tree"
        aria-label={trans.__("Stages")}
        style={{ height: rows.length * ROW_HEIGHT }}
      >
        {indexes.map((index) => {
          const row = rows[index];
          const rowLanes = lanes.rows[index];
          return (
            row &&
            rowLanes && (
              <StageRow
                key={row.id}
                row={row}
                index={index}
                lanes={rowLanes}
                laneCount={lanes.count}
                lineage={lineage}
                stage={row.kind === "stage" ? view.stages[row.name] : undefined}
                counts={row.members ? countsOf(row.members, view) : noCounts}
                marks={marks.get(row.id) ?? noMarks}
                isSelected={index === selectedIndex}
                isTabStop={index === active}
                onOpen={open}
                onFocus={setActive}
                trans={trans}
              />
            )
          );
        })}
      </div>
    </div>
  );
}

const noMarks: readonly NodeMark[] = [];
const noCounts: ReturnType<typeof countStatuses> = [];

function countsOf(members: readonly string[], view: View): ReturnType<typeof countStatuses> {
  return countStatuses(members.flatMap((name) => view.stages[name] ?? []));
}

/** The row of a stage, or of the collapsed group that has it; -1 for none. */
function findSelected(rows: readonly ListRow[], selected: string | null): number {
  if (selected === null) return -1;
  return rows.findIndex(
    (row) => (row.kind === "stage" && row.name === selected) || (row.isNode && row.members?.includes(selected)),
  );
}

interface ActiveRow {
  /** The index of the row that Tab leads to. */
  readonly active: number;
  readonly setActive: (index: number) => void;
  /** Brings a row into view; with `takesFocus` it becomes the active one. */
  readonly moveTo: (index: number, takesFocus: boolean) => void;
}

/** The row in focus last, by its id: rows above it may come and go. Until there is one, the selected row, or the first. */
function useActiveRow(list: RefObject<HTMLDivElement>, rows: readonly ListRow[], selectedIndex: number): ActiveRow {
  const [activeId, setActiveId] = useState<string | null>(null);
  const [wanted, setWanted] = useState<{ readonly id: string } | null>(null);
  const latest = useRef(rows);
  latest.current = rows;
  const found = activeId === null ? -1 : rows.findIndex(({ id }) => id === activeId);
  useEffect(() => {
    if (!wanted) return;
    const index = latest.current.findIndex(({ id }) => id === wanted.id);
    list.current?.querySelector<HTMLElement>(`[data-row="${index}"]`)?.focus({ preventScroll: true });
  }, [list, wanted]);
  const setActive = useCallback((index: number) => setActiveId(latest.current[index]?.id ?? null), []);
  const moveTo = useCallback(
    (index: number, takesFocus: boolean) => {
      scrollToRow(list, index, ROW_HEIGHT);
      const id = latest.current[index]?.id;
      if (!takesFocus || id === undefined) return;
      setActiveId(id);
      setWanted({ id });
    },
    [list],
  );
  return { active: found >= 0 ? found : Math.max(0, selectedIndex), setActive, moveTo };
}

interface Requests extends Pick<StageListProps, "rows" | "focus"> {
  readonly list: RefObject<HTMLDivElement>;
  /** Of the list, in CSS pixels. */
  readonly height: number;
  readonly selectedIndex: number;
  readonly moveTo: ActiveRow["moveTo"];
}

/** Moves to what was asked for, and keeps the selected stage in view: its panel takes height from the list. */
function useRequests({ list, rows, height, focus, selectedIndex, moveTo }: Requests): void {
  useLayoutEffect(() => {
    const index = focus ? rows.findIndex(({ id }) => id === focus.id) : -1;
    if (focus && index >= 0) moveTo(index, focus.takesFocus);
    // Only a new request moves the view; another order of the rows does not.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [focus]);
  const selectedId = rows[selectedIndex]?.id;
  useLayoutEffect(() => {
    if (selectedId !== undefined) scrollToRow(list, selectedIndex, ROW_HEIGHT);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [selectedId, height]);
}

function useLineage(rows: readonly ListRow[], marks: NodeMarks, selectedIndex: number): ReadonlySet<number> {
  return useMemo(() => {
    const related = rows.flatMap(({ id }, index) => {
      const own = marks.get(id) ?? noMarks;
      return index === selectedIndex || own.includes("ancestor") || own.includes("descendant") ? [index] : [];
    });
    return selectedIndex < 0 ? noRows : new Set(related);
  }, [rows, marks, selectedIndex]);
}

const noRows: ReadonlySet<number> = new Set();

/** The row that a key leads to; null for a key without a meaning here. */
function findNextRow(key: string, from: number, rows: readonly ListRow[], page: number): number | null {
  const last = rows.length - 1;
  const targets: { readonly [key: string]: number } = {
    ArrowDown: from + 1,
    ArrowUp: from - 1,
    ArrowRight: rows[from]?.isExpanded ? from + 1 : from,
    ArrowLeft: findHeading(from, rows),
    PageDown: from + page,
    PageUp: from - page,
    Home: 0,
    End: last,
  };
  const target = targets[key];
  return target === undefined ? null : Math.min(last, Math.max(0, target));
}

function findHeading(from: number, rows: readonly ListRow[]): number {
  if (rows[from]?.level !== 2) return from;
  for (let index = from; index >= 0; index--) if (rows[index]?.level === 1) return index;
  return from;
}
