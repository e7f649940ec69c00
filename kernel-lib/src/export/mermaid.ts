/** The graph as Mermaid text, for `pipeline.toMermaid()`. */
import { createGraph, createMermaid } from "../drawing";
import type { View } from "../protocol";

export function toMermaid(view: View): string {
  return createMermaid(createGraph(view), view);
}
