/** The drawing of the graph, shared by the kernel and the page. The layout's algorithm is in `stagebook/drawing/layout`, and is loaded only where it is needed. */
export * from "./drawing";
export * from "./edge-path";
export * from "./graph";
export * from "./layout-request";
export * from "./mermaid";
export * from "./svg";
export * from "./ports";
