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

/** More events than these go in several messages: a page is never held up by one. */
export const EVENTS_PER_MESSAGE = 1000;
/** While nothing happens the kernel says for a minute, this often, how far it is: a page that missed the last events notices. */
export const BEACON_MS = 1000;

export type KernelMessage =
  | ({ readonly v: 1; readonly type: "snapshot"; readonly seq: number; readonly view: View } & FromKernel & {
        readonly stagebook: string;
      })
  /** `from` is the seq of the first event, or of the next one when there is none; a gap to the last one known calls for `sync`. */
  | ({
      readonly v: 1;
      readonly type: "events";
      readonly from: number;
      readonly events: readonly StagebookEvent[];
    } & FromKernel)
  | { readonly v: 1; readonly type: "reply"; readonly id: string; readonly ok: true; readonly result: unknown }
  | { readonly v: 1; readonly type: "reply"; readonly id: string; readonly ok: false; readonly error: ErrorView };

export type PageMessage = Command & { readonly v: 1; readonly id: string };

/** `seq` counts within one life of a kernel. */
interface FromKernel {
  /** Another one after each restart. Kernels up to 0.1.0 do not say. */
  readonly kernel?: string;
}
