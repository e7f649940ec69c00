/** How React Flow draws an edge: along the route that the layout found. Called by React Flow. */
import { BaseEdge } from "@xyflow/react";
import type { Edge, EdgeProps } from "@xyflow/react";
import type { ReactElement } from "react";
import { createEdgePath } from "./edge-path";
import type { Point } from "./layout";

export interface RoutedEdgeData extends Record<string, unknown> {
  readonly route: readonly Point[];
}

export type RoutedEdgeType = Edge<RoutedEdgeData, "routed">;

export function RoutedEdge({ sourceX, sourceY, targetX, targetY, data }: EdgeProps<RoutedEdgeType>): ReactElement {
  const path = createEdgePath({ x: sourceX, y: sourceY }, data?.route ?? [], { x: targetX, y: targetY });
  return <BaseEdge path={path} />;
}
