/** tslab's internals as far as Stagebook uses them, and how to find them in the running kernel. Checked against tslab 1.0.22. */
import { readFunctionScope, readProxyHandler } from "../../scopes/inspector-session";

/** A Jupyter message as tslab holds it. */
export interface ZmqMessage {
  identity: Buffer[];
  hmac: string;
  header: MessageHeader;
  parent: object;
  metadata: Record<string, unknown>;
  content: Record<string, unknown>;
  extra: Buffer[];
  createReply(): ZmqMessage;
  signAndSend: (this: ZmqMessage, key: string, socket: ZmqSocket) => void;
}

export interface MessageHeader {
  version: string;
  date: string;
  session: string;
  username: string;
  msg_type: string;
  msg_id: string;
}

export interface ZmqSocket {
  send(frames: unknown[]): Promise<void>;
}

export interface ZmqMessageClass {
  new (): ZmqMessage;
  readonly prototype: ZmqMessage;
  fromRaw(key: string, frames: Buffer[]): ZmqMessage;
}

export interface ZmqServer {
  readonly handler: JupyterHandler;
  readonly connInfo: { readonly key: string };
  readonly iopub: ZmqSocket;
  publishStatus: (this: ZmqServer, status: "busy" | "idle", parent: ZmqMessage) => void;
  handleShellMessage: (this: ZmqServer, socket: ZmqSocket, ...frames: Buffer[]) => Promise<void>;
  handleCommInfoRequest: (this: ZmqServer, socket: ZmqSocket, message: ZmqMessage) => void;
}

export type WriteStream = (name: "stdout" | "stderr", text: string) => void;
export type WriteDisplay = (data: object, update?: boolean) => void;

/** Executes cells one after another. */
export interface TaskQueue {
  readonly prev: Promise<unknown>;
  add<T>(task: () => Promise<T>): Promise<T>;
  reset(delayMs?: number): void;
}

export interface JupyterHandler {
  execCount: number;
  execQueue: TaskQueue;
  readonly executor: {
    execute(source: string): Promise<boolean>;
    /** Ends the wait for the cell that is executed now; without one it does nothing that can be seen. */
    interrupt(): void;
  };
  handleKernel: (this: JupyterHandler) => Record<string, unknown>;
  handleComplete: (this: JupyterHandler, request: PositionRequest) => Record<string, unknown>;
  handleInspect: (this: JupyterHandler, request: PositionRequest) => { readonly data: Record<string, unknown> };
  handleExecuteImpl: (
    this: JupyterHandler,
    request: { readonly code: string },
    writeStream: WriteStream,
    writeDisplay: WriteDisplay,
  ) => Promise<unknown>;
}

/** A position in the code of a cell. */
export interface PositionRequest {
  readonly code: string;
  readonly cursor_pos: number;
}

/** One loaded copy of tslab's `dist/jupyter.js`. */
export interface TslabCopy {
  readonly ZmqServer: { readonly prototype: ZmqServer };
  readonly JupyterHandlerImpl: { readonly prototype: JupyterHandler };
  lastWriteDisplayData: WriteDisplay | null;
}

/** tslab's own tables of local modules, by file name. */
export interface SideTables {
  /** Compiled sources. */
  readonly sideOutputs: ReadonlyMap<string, string>;
  /** Loaded modules. */
  readonly sideModules: Map<string, unknown>;
}

/** All loaded copies: there are two when the notebook's folder has its own tslab. */
function findTslabCopies(): readonly TslabCopy[] {
  return Object.entries(require.cache).flatMap(([file, module]) =>
    /[\\/]tslab[\\/]dist[\\/]jupyter\.js$/.test(file) && module ? [module.exports as TslabCopy] : [],
  );
}

/** What tslab passes to every cell; undefined outside a tslab kernel. */
function findGlobal(): { readonly exports: Record<string, unknown>; readonly require: object } | undefined {
  return (globalThis as { __tslab__?: { exports: Record<string, unknown>; require: object } }).__tslab__;
}

/** The object that holds the variables of all cells; undefined outside a tslab kernel. */
export function findNotebookExports(): Record<string, unknown> | undefined {
  return findGlobal()?.exports;
}

/** The tables, from the scope of the `require` of cells; undefined when this version of tslab is built differently. */
export function findSideTables(): SideTables | undefined {
  const load = findGlobal()?.require;
  const apply = load && readProxyHandler(load)?.apply;
  // The trap calls a function beside it, whose scope holds the tables.
  const inner = typeof apply === "function" ? readFunctionScope(apply, "requireFromSideOutputs") : undefined;
  if (typeof inner !== "function") return undefined;
  const sideOutputs = readFunctionScope(inner, "sideOutputs");
  const sideModules = readFunctionScope(inner, "sideModules");
  return sideOutputs instanceof Map && sideModules instanceof Map
    ? { sideOutputs: sideOutputs as SideTables["sideOutputs"], sideModules: sideModules as SideTables["sideModules"] }
    : undefined;
}

/** The error that tslab rejects an interrupted cell with, always the same object; undefined when this version of tslab is built differently. */
export function findInterruption(): Error | undefined {
  const exports = findNotebookExports();
  const trap = exports && readProxyHandler(exports)?.defineProperty;
  const interruption = typeof trap === "function" ? readFunctionScope(trap, "interrupted") : undefined;
  return interruption instanceof Error ? interruption : undefined;
}

/** The kernel of this process, with the request that it is executing now. */
export interface TslabKernel {
  readonly exports: Record<string, unknown>;
  readonly copies: readonly TslabCopy[];
  readonly message: ZmqMessage;
  readonly writeStream: WriteStream;
  readonly writeDisplay: WriteDisplay;
  readonly key: string;
  readonly iopub: ZmqSocket;
}

/** Undefined outside a tslab kernel. Must be called before anything else replaces `process.stdout.write`. */
export function findTslabKernel(): TslabKernel | undefined {
  const exports = findNotebookExports();
  const copies = findTslabCopies();
  const request = exports && findCurrentRequest(copies);
  const publisher = request && findPublisher(request);
  return publisher && { exports, copies, ...request, ...publisher };
}

/** The request that is being executed, read from the scope of the output function that tslab created for it. */
function findCurrentRequest(
  copies: readonly TslabCopy[],
):
  { readonly message: ZmqMessage; readonly writeStream: WriteStream; readonly writeDisplay: WriteDisplay } | undefined {
  const writeStream = readFunctionScope(Reflect.get(process.stdout, "write"), "writeStream") as WriteStream | undefined;
  const message = writeStream && (readFunctionScope(writeStream, "msg") as ZmqMessage | undefined);
  const writeDisplay = copies.map((copy) => copy.lastWriteDisplayData).find((write) => write !== null);
  return writeStream && message && writeDisplay ? { message, writeStream, writeDisplay } : undefined;
}

/** The kernel's iopub socket and its signing key: tslab is made to send one message, which is intercepted before it leaves. */
function findPublisher(request: {
  readonly message: ZmqMessage;
  readonly writeStream: WriteStream;
}): { readonly key: string; readonly iopub: ZmqSocket } | undefined {
  const prototype = messageClass(request.message).prototype;
  const original = Object.getOwnPropertyDescriptor(prototype, "signAndSend");
  let found: { readonly key: string; readonly iopub: ZmqSocket } | undefined;
  prototype.signAndSend = (key, iopub) => {
    found = { key, iopub };
  };
  try {
    request.writeStream("stdout", "");
  } finally {
    if (original) Object.defineProperty(prototype, "signAndSend", original);
  }
  return found;
}

/** The message class of the copy of tslab that the kernel runs. */
export function messageClass(message: ZmqMessage): ZmqMessageClass {
  return message.constructor as ZmqMessageClass;
}

const DELIMITER = Buffer.from("<IDS|MSG>");

/** Header and metadata of a raw message, before its signature is checked. */
export function peekMessage(frames: readonly Buffer[]):
  | {
      readonly type: string;
      readonly session: string;
      readonly date?: string;
      readonly metadata: Record<string, unknown>;
    }
  | undefined {
  const at = frames.findIndex((frame) => frame.equals(DELIMITER));
  const header = frames[at + 2];
  const metadata = frames[at + 4];
  if (at < 0 || !header || !metadata) return undefined;
  try {
    const { msg_type: type, session, date } = JSON.parse(header.toString()) as MessageHeader;
    return {
      type,
      session,
      date,
      metadata: JSON.parse(metadata.toString()) as Record<string, unknown>,
    };
  } catch {
    // Not JSON: left to tslab's own error handling.
    return undefined;
  }
}
