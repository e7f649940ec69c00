/** The React Flow edge, drawn along the route of the layout. */
import { BaseEdge, Position } from "@xyflow/react";
import type { Edge, EdgeProps } from "@xyflow/react";
import type { ReactElement } from "react";
import { createEdgePath } from "stagebook/drawing";
import type { Point } from "stagebook/drawing";

export interface RoutedEdgeData extends Record<string, unknown> {
  readonly route: readonly Point[];
}

export type RoutedEdgeType = Edge<RoutedEdgeData, "routed">;

export function RoutedEdge(props: EdgeProps<RoutedEdgeType>): ReactElement {
  const { sourceX, sourceY, sourcePosition, targetX, targetY, data } = props;
  const direction = sourcePosition === Position.Right ? "right" : "down";
  const path = createEdgePath({ x: sourceX, y: sourceY }, data?.route ?? [], { x: targetX, y: targetY }, direction);
  return <BaseEdge path={path} />;
}
