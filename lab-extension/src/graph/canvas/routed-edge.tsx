/** The React Flow edge, drawn along the path of the drawing. */
import { BaseEdge } from "@xyflow/react";
import type { Edge, EdgeProps } from "@xyflow/react";
import type { ReactElement } from "react";

export interface RoutedEdgeData extends Record<string, unknown> {
  /** The data of an SVG path. */
  readonly path: string;
}

export type RoutedEdgeType = Edge<RoutedEdgeData, "routed">;

export function RoutedEdge({ data }: EdgeProps<RoutedEdgeType>): ReactElement {
  return <BaseEdge path={data?.path ?? ""} />;
}
