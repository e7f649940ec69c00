/** One call of a shipped function in a thread, seen from the kernel: its questions are answered, its end is awaited, its thread stopped. */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { messageOf, StagebookError } from "../../protocol";
import type { Permit } from "../../async/semaphore";
import type { CancelToken } from "../../async/cancel-token";
import { dataOfError, errorOfData } from "./error-data";
import type { Ask, CallOrder, CallResult, FromKernel, FromThread, Note } from "./messages";
import { sharedThreads, type Threads } from "./threads";

/** What a call asks of the kernel and tells it. */
export interface CallHost {
  /** The answer can be cloned. */
  answer(ask: Ask): Promise<unknown>;
  note(note: Note): void;
}

export interface CallOptions {
  readonly stop: CancelToken;
  readonly priority?: number;
  readonly threads?: Threads;
  /** Others have counted it: it gets a thread at once, however many are at work. */
  readonly isCounted?: true;
}

/** A function that was stopped may tidy up for so long, in milliseconds; then its thread is ended. */
const TIDY_MS = 500;
/** Smaller answers are copied as fast, and may lie in memory that Node shares among buffers. */
const LARGE_BYTES = 64 * 1024;

/**
 * Calls in a thread what was shipped. Throws what the function throws, the signal's reason when stopped (within a second, whatever the
 * function does), and StagebookError `worker-crashed` when its thread ends first.
 */
export async function callInWorker(order: CallOrder, host: CallHost, options: CallOptions): Promise<CallResult> {
  const threads = options.threads ?? sharedThreads();
  const place = options.isCounted ? uncounted : await threads.places.take(options.stop, options.priority);
  const { port1: port, port2: theirs } = new MessageChannel();
  const kill = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let thread: Promise<void> | undefined;
  const stop = (): void => {
    send(port, { type: "abort", reason: dataOfError(options.stop.signal.reason) });
    timer = setTimeout(() => kill.abort(), TIDY_MS);
  };
  try {
    options.stop.signal.throwIfAborted();
    const end = converse(port, host, place);
    options.stop.signal.addEventListener("abort", stop, { once: true });
    thread = threads.run({ port: theirs, order }, kill.signal);
    // Its last word is the call's end; a thread that is gone without one has crashed.
    const crash = thread.then(
      () => new Promise<never>(() => undefined),
      async (error: unknown) => {
        // What it said before it ended arrives first.
        await new Promise((resolve) => setImmediate(resolve));
        throw crashed(error);
      },
    );
    const result = await Promise.race([end, crash]);
    options.stop.signal.throwIfAborted();
    return result;
  } catch (error) {
    options.stop.signal.throwIfAborted();
    throw error;
  } finally {
    // Until it is free again: else the next call would start another one.
    await thread?.catch(() => undefined);
    clearTimeout(timer);
    options.stop.signal.removeEventListener("abort", stop);
    port.close();
    place.giveBack();
  }
}

const uncounted: Permit = { lend: (work) => work(), giveBack: () => undefined };

/** Until the thread's last word. */
function converse(port: MessagePort, host: CallHost, place: Permit): Promise<CallResult> {
  return new Promise((resolve, reject) => {
    port.on("message", (message: FromThread) => {
      switch (message.type) {
        case "note":
          host.note(message.note);
          return;
        case "ask":
          void answer(port, host, place, message);
          return;
        case "ended":
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

async function answer(
  port: MessagePort,
  host: CallHost,
  place: Permit,
  { id, ask }: Extract<FromThread, { type: "ask" }>,
): Promise<void> {
  try {
    // What may wait for another stage holds no place: that one may need it.
    const mayWait = ask.kind === "stage" || ask.kind === "lost";
    const value = await (mayWait ? place.lend(() => host.answer(ask)) : host.answer(ask));
    send(port, { type: "answer", id, value }, ownMemory(value));
  } catch (error) {
    send(port, { type: "answer", id, error: dataOfError(error) });
  }
}

function send(port: MessagePort, message: FromKernel, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

/** Bytes that nobody else holds go over without a copy. */
function ownMemory(value: unknown): readonly ArrayBuffer[] {
  if (!(value instanceof Uint8Array) || value.byteLength < LARGE_BYTES) return [];
  const { buffer } = value;
  return buffer instanceof ArrayBuffer && buffer.byteLength === value.byteLength ? [buffer] : [];
}

function crashed(cause: unknown): StagebookError {
  const text = messageOf(cause);
  const code = /exited with code: (\d+)/.exec(text)?.[1];
  const isFull = (cause as { code?: unknown } | null)?.code === "ERR_WORKER_OUT_OF_MEMORY";
  const why = isFull
    ? "it ran out of memory"
    : code === undefined
      ? `an error was thrown outside of the stage's function: ${text}`
      : `it ended itself with code ${code} (process.exit)`;
  const advice = isFull
    ? "Work on less at once: yield items, or start the kernel with a larger NODE_OPTIONS=--max-old-space-size."
    : "Everything else goes on. Catch errors of timers and listeners, and return instead of ending the process.";
  return new StagebookError("worker-crashed", `its worker thread ended: ${why}`, advice, { cause });
}
