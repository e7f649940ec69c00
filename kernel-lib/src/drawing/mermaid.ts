/** The graph as Mermaid text: the same in the page's export and in `pipeline.toMermaid()`. Pure. */
import { visibleLine, type View } from "../protocol";
import type { Graph, GraphNode } from "./graph";
import type { Direction } from "./layout-request";

/** A flowchart of stages, parameters and files, with the status of each stage. */
export function createMermaid(graph: Graph, view: View, direction: Direction = "down"): string {
  const ids = new Map(graph.nodes.map((node, index) => [node.id, `n${index}`]));
  const sources = new Set(graph.nodes.flatMap(({ id, kind }) => (kind === "stage" || kind === "group" ? [] : [id])));
  return [
    `flowchart ${direction === "right" ? "LR" : "TD"}`,
    ...styles,
    ...graph.nodes.map((node) => `  ${ids.get(node.id)}${shapeOf(node, view)}`),
    ...graph.edges.flatMap(({ from, to, implicit }) => {
      const [source, target] = [ids.get(from), ids.get(to)];
      const arrow = implicit || sources.has(from) ? "-.->" : "-->";
      return source !== undefined && target !== undefined ? [`  ${source} ${arrow} ${target}`] : [];
    }),
  ].join("\n");
}

function shapeOf({ kind, name }: GraphNode, view: View): string {
  switch (kind) {
    case "stage":
      return `["${escape(name)}"]:::${view.stages[name]?.status ?? "new"}`;
    case "group":
      return `[["${escape(name)}/"]]`;
    case "param":
      return `(["${escape(name)} = ${escape(view.params[name]?.text ?? "")}"])`;
    default:
      return `[/"${escape(name)}"/]`;
  }
}

/** Readable on light and dark backgrounds. */
const styles = [
  "  classDef fresh stroke:#3fa34d,stroke-width:2px",
  "  classDef stale stroke:#e08a00,stroke-width:2px",
  "  classDef pending stroke:#e08a00,stroke-dasharray:4",
  "  classDef new stroke:#888,stroke-dasharray:4",
  "  classDef running stroke:#1976d2,stroke-width:3px",
  "  classDef failed stroke:#d32f2f,stroke-width:3px",
  "  classDef blocked stroke:#d32f2f,stroke-dasharray:4",
  "  classDef cancelled stroke:#888,stroke-width:2px",
];

/** Mermaid decodes entities such as `#34;`. */
const escape = (text: string): string =>
  visibleLine(text).replace(/[#&"<>[\]`]/gu, (character) => `#${character.charCodeAt(0)};`);
