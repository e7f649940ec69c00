/** What goes over the comm `stagebook`, as JSON. */
import type { Command } from "./commands";
import type { ErrorView, StagebookEvent } from "./events";
import type { View } from "./view";

export const COMM_TARGET = "stagebook";
/** The version of the wire format. A page that meets another says so and shows nothing. */
export const PROTOCOL_VERSION = 1;
/** kernel_info replies of a kernel with Stagebook carry `{ [KERNEL_INFO_MARK]: version of stagebook }`. */
export const KERNEL_INFO_MARK = "stagebook";
/** Jupyter drops messages above a rate: the kernel sends at most this many a second. */
export const MESSAGES_PER_SECOND = 50;

export type KernelMessage =
  | { readonly v: 1; readonly type: "snapshot"; readonly seq: number; readonly view: View; readonly stagebook: string }
  /** `from` is the seq of the first event; a gap to the last one known calls for `sync`. */
  | { readonly v: 1; readonly type: "events"; readonly from: number; readonly events: readonly StagebookEvent[] }
  | { readonly v: 1; readonly type: "reply"; readonly id: string; readonly ok: true; readonly result: unknown }
  | { readonly v: 1; readonly type: "reply"; readonly id: string; readonly ok: false; readonly error: ErrorView };

export type PageMessage = Command & { readonly v: 1; readonly id: string };
