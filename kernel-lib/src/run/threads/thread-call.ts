/** One call of a shipped function in a worker thread, seen from the kernel: it answers requests, awaits the result, ends the thread. */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { CancelToken } from "../../async/cancel-token";
import type { Permit } from "../../async/semaphore";
import type { ReadRecorder } from "../../observe";
import { messageOf, StagebookError } from "../../protocol";
import { dataOfError, errorOfData } from "./error-data";
import type { CallRequest, CallResult, FromKernel, FromThread, KernelRequest, Notification } from "./messages";
import { CallMemory } from "./call-memory";
import { memoryExceeded, memoryLimitOf } from "./memory-limit";
import { sharedThreads, type Threads } from "./threads";

/** What the kernel does for a call. */
export interface CallHost {
  /** Resolves with a value that can be cloned. */
  respond(request: KernelRequest): Promise<unknown>;
  notify(notification: Notification): void;
}

export interface CallOptions {
  readonly cancelToken: CancelToken;
  /** Takes over what the call reads from outside. */
  readonly recorder: ReadRecorder;
  /** How much memory it may use, in bytes. Default: see `memoryLimitOf`. */
  readonly memoryBytes?: number;
  readonly priority?: number;
  readonly threads?: Threads;
  /** The caller limits how many run in parallel: the call gets a thread immediately, however many are busy. */
  readonly hasPermit?: true;
}

/** How long a cancelled function may clean up before its thread is ended, in milliseconds. */
const CLEAN_UP_MS = 500;
/** Smaller responses are copied as fast, and may lie in memory that Node shares among buffers. */
const LARGE_BYTES = 64 * 1024;

/**
 * Calls the shipped function in a thread. Throws what the function throws, the reason when cancelled (within a second, whatever the
 * function does), and StagebookError: `worker-memory` when it uses more memory than it may, `worker-crashed` when its thread ends first.
 */
export async function callInWorker(call: CallRequest, host: CallHost, options: CallOptions): Promise<CallResult> {
  const { cancelToken, recorder, priority, hasPermit, threads = sharedThreads() } = options;
  const limitBytes = memoryLimitOf(options.memoryBytes);
  const permit = hasPermit ? noPermit : await threads.permits.acquire(cancelToken, priority);
  const { signal } = cancelToken;
  const { port1: port, port2: theirs } = new MessageChannel();
  const kill = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let thread: Promise<void> | undefined;
  const memory = new CallMemory();
  let isTooLarge = false;
  const endWatch = threads.memoryWatch.watch(memory, limitBytes, () => {
    isTooLarge = true;
    kill.abort();
  });
  const cancel = (): void => {
    send(port, { type: "abort", reason: dataOfError(signal.reason) });
    timer = setTimeout(() => kill.abort(), CLEAN_UP_MS);
  };
  try {
    signal.throwIfAborted();
    const result = receiveResult(port, { host, permit, recorder });
    signal.addEventListener("abort", cancel, { once: true });
    thread = threads.run({ port: theirs, call, memory: memory.shared }, limitBytes, kill.signal);
    const ended = await Promise.race([result, crashOf(thread)]);
    signal.throwIfAborted();
    return ended;
  } catch (error) {
    signal.throwIfAborted();
    throw isTooLarge || isOutOfMemory(error) ? memoryExceeded(limitBytes, error) : error;
  } finally {
    endWatch();
    // Until the thread is free again: otherwise the next call would start another one.
    await thread?.catch(() => undefined);
    clearTimeout(timer);
    signal.removeEventListener("abort", cancel);
    port.close();
    permit.release();
  }
}

const noPermit: Permit = { lend: (work) => work(), release: () => undefined };

/** Rejects when the thread ends without a last message; never resolves. */
async function crashOf(thread: Promise<void>): Promise<never> {
  try {
    await thread;
  } catch (error) {
    // Messages that it sent before it ended arrive first.
    await new Promise((resolve) => setImmediate(resolve));
    throw crashed(error);
  }
  return new Promise<never>(() => undefined);
}

/** Where the messages of a call go. */
interface Receiver {
  readonly host: CallHost;
  readonly permit: Permit;
  readonly recorder: ReadRecorder;
}

/** Handles messages until the last one. */
function receiveResult(port: MessagePort, { host, permit, recorder }: Receiver): Promise<CallResult> {
  return new Promise((resolve, reject) => {
    port.on("message", (message: FromThread) => {
      switch (message.type) {
        case "notification":
          host.notify(message.notification);
          return;
        case "request":
          void respond(port, host, permit, message);
          return;
        case "observed": {
          const { reads, volatile, changed } = message.observed;
          recorder.add(reads, volatile, changed);
          return;
        }
        case "returned":
          resolve(message.result);
          return;
        case "failed": {
          // Whatever the function threw.
          const reason = errorOfData(message.error) as Error;
          reject(reason);
        }
      }
    });
  });
}

async function respond(
  port: MessagePort,
  host: CallHost,
  permit: Permit,
  { id, request }: Extract<FromThread, { type: "request" }>,
): Promise<void> {
  try {
    // A call that may wait for another stage lends its permit: that stage may need it.
    const mayWait = request.kind === "stage" || request.kind === "lost";
    const value = await (mayWait ? permit.lend(() => host.respond(request)) : host.respond(request));
    send(port, { type: "response", id, value }, ownMemory(value));
  } catch (error) {
    send(port, { type: "response", id, error: dataOfError(error) });
  }
}

function send(port: MessagePort, message: FromKernel, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

/** Memory that holds nothing but the value is transferred instead of copied. */
function ownMemory(value: unknown): readonly ArrayBuffer[] {
  if (!(value instanceof Uint8Array) || value.byteLength < LARGE_BYTES) return [];
  const { buffer } = value;
  return buffer instanceof ArrayBuffer && buffer.byteLength === value.byteLength ? [buffer] : [];
}

function crashed(cause: unknown): StagebookError {
  const text = messageOf(cause);
  const code = /exited with code: (\d+)/.exec(text)?.[1];
  const why =
    code === undefined
      ? `an error was thrown outside the stage's function: ${text}`
      : `it called process.exit, code ${code}`;
  const advice =
    "Other stages are not affected. Catch errors of timers and listeners, and return instead of ending the process.";
  return new StagebookError("worker-crashed", `its worker thread ended: ${why}`, advice, { cause });
}

function isOutOfMemory(error: unknown): boolean {
  const cause = error instanceof StagebookError ? error.cause : undefined;
  return (cause as { code?: unknown } | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY";
}
