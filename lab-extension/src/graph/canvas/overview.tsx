/** The minimap of a large graph; dragging in it moves the view. Rendered by Flow. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { MiniMap } from "@xyflow/react";
import type { ReactElement } from "react";
import type { FlowNode } from "./flow-nodes";

export function Overview({ trans }: { readonly trans: TranslationBundle }): ReactElement {
  return (
    <MiniMap<FlowNode>
      className="stagebook-Graph-overview"
      pannable
      zoomable
      ariaLabel={trans.__("Overview of the graph")}
      style={{ width: 110, height: 74 }}
      nodeClassName={classOf}
      nodeBorderRadius={6}
    />
  );
}

const classOf = (node: FlowNode): string =>
  node.type === "stage" ? `stagebook-mod-${node.data.stage.status}` : "stagebook-mod-other";
