/** The data of a shown pipeline, checked. Pure. */
import { NODE_SIZES, type DrawnEdge, type DrawnNode, type ShownGraph } from "stagebook/drawing";

/** Undefined for data that this version of Stagebook did not write: a notebook may come from any source. */
export function shownGraphIn(data: unknown): ShownGraph | undefined {
  const { width, height, nodes, edges, label } = (data ?? {}) as Partial<Record<keyof ShownGraph, unknown>>;
  const isComplete =
    typeof width === "number" &&
    typeof height === "number" &&
    typeof label === "string" &&
    Array.isArray(nodes) &&
    nodes.every(isNode) &&
    Array.isArray(edges) &&
    edges.every(isEdge);
  return isComplete ? (data as ShownGraph) : undefined;
}

function isNode(data: unknown): data is DrawnNode {
  const { kind, x, y, title, lines, status } = (data ?? {}) as Partial<Record<keyof DrawnNode, unknown>>;
  return (
    typeof kind === "string" &&
    Object.hasOwn(NODE_SIZES, kind) &&
    typeof x === "number" &&
    typeof y === "number" &&
    typeof title === "string" &&
    Array.isArray(lines) &&
    lines.every((line) => typeof line === "string") &&
    (status === undefined || typeof status === "string")
  );
}

function isEdge(data: unknown): data is DrawnEdge {
  return typeof (data as Partial<DrawnEdge> | null)?.path === "string";
}
