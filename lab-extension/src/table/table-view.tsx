/** The grid as a part of a panel. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import type { ReactElement, ReactNode } from "react";
import { useLayoutEffect, useRef, useState } from "react";
import { TableGrid } from "./table-grid";
import type { TableSource } from "./table-source";

export interface TableViewProps {
  readonly source: TableSource;
  /** Identifies the rows: others are loaded when it changes. */
  readonly version: string;
  readonly name: string;
  /** Shown until the rows are here, and if they do not come. */
  readonly children: ReactNode;
  readonly trans: TranslationBundle;
}

const FIRST_ROWS = 200;

export function TableView({ source, version, name, children, trans }: TableViewProps): ReactElement {
  const place = useRef<HTMLDivElement>(null);
  const [isShown, setShown] = useState(false);
  const latest = useRef(source);
  latest.current = source;
  // A layout effect ends while its element is still in the document, which Lumino wants.
  useLayoutEffect(() => {
    let grid: TableGrid | undefined;
    let isCurrent = true;
    latest.current.page({ filters: [] }, 0, FIRST_ROWS).then(
      (first) => {
        if (!isCurrent || !place.current) return;
        grid = new TableGrid({ source: latest.current, first, name, trans });
        Widget.attach(grid, place.current);
        setShown(true);
      },
      // A kernel with an older version has no such command: the preview is what there is to show.
      () => isCurrent && setShown(false),
    );
    return () => {
      isCurrent = false;
      grid?.dispose();
      setShown(false);
    };
  }, [version, name, trans]);
  return (
    <>
      <div ref={place} />
      {!isShown && children}
    </>
  );
}
