/** What kernel and page share. Browser-safe: no Node, no I/O. */
export * from "./commands";
export type * from "./events";
export * from "./ids";
export * from "./known";
export * from "./message-of";
export * from "./messages";
export * from "./pace";
export type * from "./params";
export type * from "./plan";
export type * from "./preview";
export * from "./retell";
export * from "./stagebook-error";
export * from "./view";
