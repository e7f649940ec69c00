/** What kernel and page share. Browser-safe: no Node, no I/O. */
export * from "./commands";
export * from "./events";
export * from "./ids";
export * from "./messages";
export * from "./params";
export * from "./plan";
export * from "./stagebook-error";
export * from "./view";
