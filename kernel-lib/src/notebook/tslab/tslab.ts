/** tslab's insides, as far as Stagebook touches them, and how to find them in the running kernel. Tried with tslab 1.0.22. */
import { readFunctionScope } from "../../scopes/inspector-session";

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
  readonly connInfo: { readonly key: string };
  readonly iopub: ZmqSocket;
  publishStatus: (this: ZmqServer, status: "busy" | "idle", parent: ZmqMessage) => void;
  handleShellMessage: (this: ZmqServer, socket: ZmqSocket, ...frames: Buffer[]) => Promise<void>;
  handleCommInfoRequest: (this: ZmqServer, socket: ZmqSocket, message: ZmqMessage) => void;
}

export type WriteStream = (name: "stdout" | "stderr", text: string) => void;
export type WriteDisplay = (data: object, update?: boolean) => void;

export interface JupyterHandler {
  execCount: number;
  readonly executor: { execute(source: string): Promise<boolean> };
  handleKernel: (this: JupyterHandler) => Record<string, unknown>;
  handleExecuteImpl: (
    this: JupyterHandler,
    request: { readonly code: string },
    writeStream: WriteStream,
    writeDisplay: WriteDisplay,
  ) => Promise<unknown>;
}

/** One loaded copy of tslab's `dist/jupyter.js`. */
export interface TslabCopy {
  readonly ZmqServer: { readonly prototype: ZmqServer };
  readonly JupyterHandlerImpl: { readonly prototype: JupyterHandler };
  lastWriteDisplayData: WriteDisplay | null;
}

/** All loaded copies: there are two when the notebook's folder has its own tslab. */
function findTslabCopies(): readonly TslabCopy[] {
  return Object.entries(require.cache).flatMap(([file, module]) =>
    /[\\/]tslab[\\/]dist[\\/]jupyter\.js$/.test(file) && module ? [module.exports as TslabCopy] : [],
  );
}

/** The object that holds the variables of all cells; undefined outside a tslab kernel. */
export function findNotebookExports(): Record<string, unknown> | undefined {
  return (globalThis as { __tslab__?: { exports: Record<string, unknown> } }).__tslab__?.exports;
}

/** The kernel that this process is, with the cell that it executes right now. */
export interface TslabKernel {
  readonly exports: Record<string, unknown>;
  readonly copies: readonly TslabCopy[];
  readonly message: ZmqMessage;
  readonly writeStream: WriteStream;
  readonly writeDisplay: WriteDisplay;
  readonly key: string;
  readonly iopub: ZmqSocket;
}

/** Undefined outside a tslab kernel. Must be asked before anything else replaces `process.stdout.write`. */
export function findTslabKernel(): TslabKernel | undefined {
  const exports = findNotebookExports();
  const copies = findTslabCopies();
  const request = exports && findCurrentRequest(copies);
  const publisher = request && findPublisher(request);
  return publisher && { exports, copies, ...request, ...publisher };
}

/** What cells load modules with; undefined outside a tslab kernel. */
export function findNotebookRequire(): object | undefined {
  return (globalThis as { __tslab__?: { require: object } }).__tslab__?.require;
}

/** The request that is being executed, read from the scope of the writer that tslab made for it. */
function findCurrentRequest(
  copies: readonly TslabCopy[],
):
  { readonly message: ZmqMessage; readonly writeStream: WriteStream; readonly writeDisplay: WriteDisplay } | undefined {
  const writeStream = readFunctionScope(Reflect.get(process.stdout, "write"), "writeStream") as WriteStream | undefined;
  const message = writeStream && (readFunctionScope(writeStream, "msg") as ZmqMessage | undefined);
  const writeDisplay = copies.map((copy) => copy.lastWriteDisplayData).find((write) => write !== null);
  return writeStream && message && writeDisplay ? { message, writeStream, writeDisplay } : undefined;
}

/** The kernel's public socket and its signing key: seen by letting tslab send one message, which is caught before it leaves. */
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

export function messageClass(message: ZmqMessage): ZmqMessageClass {
  return message.constructor as ZmqMessageClass;
}

const DELIMITER = Buffer.from("<IDS|MSG>");

/** Header and metadata of a raw message, before its signature is checked. */
export function peekMessage(
  frames: readonly Buffer[],
): { readonly type: string; readonly metadata: Record<string, unknown> } | undefined {
  const at = frames.findIndex((frame) => frame.equals(DELIMITER));
  const header = frames[at + 2];
  const metadata = frames[at + 4];
  if (at < 0 || !header || !metadata) return undefined;
  try {
    return {
      type: (JSON.parse(header.toString()) as MessageHeader).msg_type,
      metadata: JSON.parse(metadata.toString()) as Record<string, unknown>,
    };
  } catch {
    // Not JSON: tslab itself answers for it.
    return undefined;
  }
}
