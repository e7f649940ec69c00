/** The toolbar above the graph: search box, number of matches, and the button of the graph's menu. Rendered by GraphView. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { ellipsesIcon } from "@jupyterlab/ui-components";
import type { ReactElement } from "react";
import { SearchBox } from "../ui/search-box";

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
  return (
    <div className="stagebook-Graph-toolbar" role="toolbar" aria-label={trans.__("Graph")}>
      <SearchBox
        className="stagebook-Graph-search"
        search={search}
        placeholder={trans.__("Find in graph")}
        label={trans.__("Find stages, parameters and files")}
        onSearch={onSearch}
        onNext={onNext}
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
