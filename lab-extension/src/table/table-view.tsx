/** The grid as a part of a panel. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement, ReactNode } from "react";
import { useLayoutEffect, useRef, useState } from "react";
import type { TableGrid } from "./table-grid";
import type { TableSource } from "./table-source";

export interface TableViewProps {
  readonly source: TableSource;
  /** Identifies the rows: others are loaded when it changes. */
  readonly version: string;
  readonly name: string;
  /** Shown until the rows arrive, and if they cannot be loaded. */
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
    // The grid is loaded with the first table.
    Promise.all([import("./table-grid"), latest.current.page({ filters: [] }, 0, FIRST_ROWS)]).then(
      ([{ attachGrid }, first]) => {
        if (!isCurrent || !place.current) return;
        grid = attachGrid(place.current, { source: latest.current, first, name, trans });
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
