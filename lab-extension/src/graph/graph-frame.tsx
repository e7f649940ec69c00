/** What the list and the drawing have in common: the toolbar above them, and the look while the kernel is away. */
import type { ReactElement, ReactNode } from "react";
import type { NotebookState } from "../tokens";
import { panelClass } from "../ui/texts/connection-text";
import { PanelNotice } from "../ui/panel-text";
import { GraphToolbar, type GraphToolbarProps } from "./graph-toolbar";

export interface GraphFrameProps extends GraphToolbarProps {
  readonly state: NotebookState;
  /** Why the content is not complete. */
  readonly problem?: string | undefined;
  readonly children: ReactNode;
}

export function GraphFrame(props: GraphFrameProps): ReactElement {
  const { state, problem, children, search, matchCount, onSearch, onNext, actions, trans } = props;
  return (
    <div className={panelClass("stagebook-Graph", state)}>
      <PanelNotice text={problem === undefined ? null : { text: problem }} />
      <GraphToolbar
        search={search}
        matchCount={matchCount}
        onSearch={onSearch}
        onNext={onNext}
        actions={actions}
        trans={trans}
      />
      {children}
    </div>
  );
}
