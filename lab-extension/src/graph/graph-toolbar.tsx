/** The toolbar above the graph: search box, number of matches, and the button of the graph's menu. Rendered by GraphView. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { ellipsesIcon } from "@jupyterlab/ui-components";
import type { KeyboardEvent, ReactElement } from "react";

export interface GraphToolbarProps {
  readonly search: string;
  /** Number of matching nodes. */
  readonly matchCount: number;
  readonly onSearch: (text: string) => void;
  /** Called on Enter: go to the next match. */
  readonly onNext: () => void;
  /** Opens the graph's menu below this element. */
  readonly onMenu: (button: HTMLElement) => void;
  readonly trans: TranslationBundle;
}

export function GraphToolbar({ search, matchCount, onSearch, onNext, onMenu, trans }: GraphToolbarProps): ReactElement {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter") onNext();
    else if (event.key === "Escape" && search !== "") onSearch("");
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="stagebook-Graph-toolbar" role="toolbar" aria-label={trans.__("Graph")}>
      <input
        className="stagebook-Graph-search"
        type="search"
        value={search}
        placeholder={trans.__("Find in graph")}
        aria-label={trans.__("Find stages, parameters and files")}
        spellCheck={false}
        onChange={(event) => onSearch(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <span className="stagebook-Graph-found" role="status">
        {search.trim() === "" ? "" : trans._n("%1 match", "%1 matches", matchCount)}
      </span>
      <button
        type="button"
        className="stagebook-Graph-menuButton"
        aria-haspopup="menu"
        title={trans.__("Direction, groups, export")}
        aria-label={trans.__("Graph menu")}
        onClick={(event) => onMenu(event.currentTarget)}
      >
        <ellipsesIcon.react tag="span" elementSize="normal" />
      </button>
    </div>
  );
}
