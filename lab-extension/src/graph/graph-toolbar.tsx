/** The toolbar above the list or the drawing: search box, number of matches, and buttons. Rendered by ListView and CanvasView. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { ellipsesIcon, launchIcon, listIcon } from "@jupyterlab/ui-components";
import type { LabIcon } from "@jupyterlab/ui-components";
import type { ReactElement } from "react";
import { stagebookIcon } from "../icons";
import { SearchBox } from "../ui/search-box";

/** In CSS pixels; the same in style/graph.css. */
export const TOOLBAR_HEIGHT = 30;

export interface GraphToolbarActions {
  /** Shows the other one of list and drawing; null where there is only one. */
  readonly switchView: { readonly to: "list" | "graph"; readonly run: () => void } | null;
  /** Opens the drawing in a tab; null in that tab. */
  readonly openTab: (() => void) | null;
  /** Opens the menu below this element. */
  readonly openMenu: (button: HTMLElement) => void;
}

export interface GraphToolbarProps {
  readonly search: string;
  /** Number of matching nodes. */
  readonly matchCount: number;
  readonly onSearch: (text: string) => void;
  /** Called on Enter: go to the next match. */
  readonly onNext: () => void;
  readonly actions: GraphToolbarActions;
  readonly trans: TranslationBundle;
}

export function GraphToolbar(props: GraphToolbarProps): ReactElement {
  const { search, matchCount, onSearch, onNext, actions, trans } = props;
  const { switchView, openTab, openMenu } = actions;
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
      {switchView && (
        <ToolbarButton
          icon={switchView.to === "graph" ? stagebookIcon : listIcon}
          label={switchView.to === "graph" ? trans.__("Show as graph") : trans.__("Show as list")}
          onClick={switchView.run}
        />
      )}
      {openTab && <ToolbarButton icon={launchIcon} label={trans.__("Open graph in a tab")} onClick={openTab} />}
      <ToolbarButton
        icon={ellipsesIcon}
        label={trans.__("Graph menu")}
        caption={trans.__("View, direction, groups, export")}
        hasMenu
        onClick={openMenu}
      />
    </div>
  );
}

interface ToolbarButtonProps {
  readonly icon: LabIcon;
  readonly label: string;
  readonly caption?: string;
  readonly hasMenu?: boolean;
  readonly onClick: (button: HTMLElement) => void;
}

function ToolbarButton({ icon: Icon, label, caption, hasMenu, onClick }: ToolbarButtonProps): ReactElement {
  return (
    <button
      type="button"
      className="stagebook-Graph-menuButton"
      aria-haspopup={hasMenu ? "menu" : undefined}
      title={caption ?? label}
      aria-label={label}
      onClick={(event) => onClick(event.currentTarget)}
    >
      <Icon.react tag="span" width="16px" height="16px" />
    </button>
  );
}
