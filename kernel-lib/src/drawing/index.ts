/** The drawing of the graph, shared by the kernel and the page. The layout's algorithm is in `stagebook/drawing/layout`: only who needs it loads it. */
export * from "./drawing";
export * from "./edge-path";
export * from "./graph";
export * from "./layout-request";
export * from "./mermaid";
export * from "./svg";
