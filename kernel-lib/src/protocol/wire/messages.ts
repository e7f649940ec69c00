/** The messages on the comm `stagebook`, as JSON. */
import type { Command } from "./commands";
import type { ErrorView, StagebookEvent } from "../events";
import type { View } from "../view";

export const COMM_TARGET = "stagebook";
/** The version of the wire format. A page that meets another one reports it and shows nothing. */
export const PROTOCOL_VERSION = 1;
/** kernel_info replies of a kernel with Stagebook carry `{ [KERNEL_INFO_MARK]: version of stagebook }`. */
export const KERNEL_INFO_MARK = "stagebook";
/** Jupyter drops messages above a rate: the kernel sends at most this many per second. */
export const MESSAGES_PER_SECOND = 50;

/** More events than these are split over several messages, so that none of them blocks the page. */
export const EVENTS_PER_MESSAGE = 1000;
/** The same for events whose texts have more characters than this together. */
export const CHARS_PER_MESSAGE = 500_000;
/** For a minute after the last event, the kernel repeats its `seq` at this interval: a page that missed events notices. */
export const BEACON_MS = 1000;
/** A page that receives something answers `alive` when it has sent nothing for this long. */
export const ALIVE_MS = 60_000;
/** The kernel closes the comm of a page from which nothing has come while it sent this many messages, counted at most once a second. */
export const MAX_UNANSWERED = 300;

/** From the kernel to a page. */
export type KernelMessage =
  /** The whole state: sent when a comm opens, and for `sync`. `stagebook`: the kernel's version. */
  | ({ readonly v: 1; readonly type: "snapshot"; readonly seq: number; readonly view: View } & FromKernel & {
        readonly stagebook: string;
        /** Kernels up to 0.1.0 do not send it. */
        readonly notebook?: KernelNotebook;
      })
  /** `from` is the seq of the first event, or of the next one when `events` is empty. A gap to the last known one calls for `sync`. */
  | ({
      readonly v: 1;
      readonly type: "events";
      readonly from: number;
      readonly events: readonly StagebookEvent[];
    } & FromKernel)
  /** The answer to the command `id`, after all events that the command caused. */
  | { readonly v: 1; readonly type: "reply"; readonly id: string; readonly ok: true; readonly result: unknown }
  /** The command `id` was refused or failed. A refused command has changed nothing. */
  | { readonly v: 1; readonly type: "reply"; readonly id: string; readonly ok: false; readonly error: ErrorView };

/** The notebook that a kernel belongs to, as it was started. */
export interface KernelNotebook {
  /** The name of its file. */
  readonly name: string;
  /** The same whenever the notebook is opened, different for any two; null while nothing of it is stored. */
  readonly uid: string | null;
  /** True when the page shows another notebook that has chosen this kernel: the pipeline is not that notebook's. */
  readonly isGuest: boolean;
}

/** What a page says of itself when it opens a comm and in `sync`. */
export interface PageNotebook {
  /** The notebook that it shows, relative to the server's root. */
  readonly notebook?: string;
  /** The server's root, an absolute path or one that begins with `~`. */
  readonly root?: string;
  /** The session in the headers of its execute requests, where that is not the session of its comm messages. */
  readonly session?: string;
}

/** From a page to the kernel. */
export type PageMessage =
  /** A command, with an id that its reply repeats. */
  | (Command & { readonly v: 1; readonly id: string })
  /** The page still exists. There is no reply: the kernel would not become idle. */
  | { readonly v: 1; readonly type: "alive" };

/** `seq` counts within one lifetime of a kernel. */
interface FromKernel {
  /** Identifies the lifetime of a kernel: another one after each restart. Kernels up to 0.1.0 do not send it. */
  readonly kernel?: string;
}
