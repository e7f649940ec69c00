/** The input of a layout, and its result. */

export interface LayoutNode {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** The node that this one is attached to: an input of a single stage takes no column of its own. */
  readonly attachedTo?: string;
}

/** The direction of the edges. */
export type Direction = "down" | "right";

export interface LayoutRequest {
  /** `down` when absent. */
  readonly direction?: Direction;
  readonly nodes: readonly LayoutNode[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  /** The upper left corner of each node, by its id. */
  readonly positions: { readonly [id: string]: Point };
  /** The points of an edge between its ends, chosen so that it passes the nodes; by `from>to`. */
  readonly routes: { readonly [edge: string]: readonly Point[] };
  readonly width: number;
  readonly height: number;
}

/** Equal for two requests that have the same layout; the key of the layout cache. */
export function layoutKey(request: LayoutRequest): string {
  return JSON.stringify([
    request.direction ?? "down",
    request.nodes.map((node) => [node.id, node.width, node.height, node.attachedTo]),
    request.edges.map((edge) => [edge.from, edge.to]),
  ]);
}
