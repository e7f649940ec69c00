/** The types and functions that kernel and page share. Browser-safe: no Node, no I/O. */
export * from "./caveats";
export * from "./wire/commands";
export type * from "./events";
export * from "./format";
export * from "./identity/cell-marks";
export * from "./identity/notebook-identity";
export * from "./ids";
export * from "./must-get";
export { errorsBehind, fieldOf, isError, keepStack, messageOf, stackOf, traceOf } from "./thrown";
export * from "./wire/messages";
export * from "./throughput";
export * from "./params";
export type * from "./plan";
export type * from "./preview";
export * from "./table";
export * from "./events-of-view";
export * from "./stagebook-error";
export * from "./view";
