/** One call of a shipped function in a worker thread, seen from the kernel. */
import type { CancelToken } from "../../../async/cancel-token";
import type { ReadRecorder } from "../../../observe";
import { errorOfData } from "../error-data";
import { memoryLimitOf } from "./memory-limit";
import type { CallRequest, CallResult, ThreadMessage } from "../messages";
import { ThreadSession, type RequestHandler } from "./thread-session";
import { sharedThreads, type Threads } from "./threads";

export interface CallOptions {
  readonly cancelToken: CancelToken;
  /** Takes over what the call reads from outside. */
  readonly recorder: ReadRecorder;
  /** How much memory it may use, in bytes. Default: see `memoryLimitOf`. */
  readonly memoryBytes?: number;
  readonly priority?: number;
  readonly threads?: Threads;
}

/**
 * Calls the shipped function in a thread. Throws what the function throws, the reason when cancelled (within a second, even if the
 * function does not react), and StagebookError: `worker-memory` when it uses more memory than it may, `worker-crashed` when its thread
 * ends first.
 */
export async function callInWorker(
  call: CallRequest,
  handler: RequestHandler,
  options: CallOptions,
): Promise<CallResult> {
  const { cancelToken, recorder, priority, threads = sharedThreads() } = options;
  const limitBytes = memoryLimitOf(options.memoryBytes);
  const permit = await threads.permits.acquire(cancelToken, priority);
  const { signal } = cancelToken;
  let session: ThreadSession | undefined;
  const cancel = (): void => session?.abort(signal.reason);
  try {
    signal.throwIfAborted();
    const result = new Promise<CallResult>((resolve, reject) => {
      const receive = receiver(recorder, resolve, reject);
      session = new ThreadSession(call, { handler, threads, limitBytes, permit, receive });
      session.ended().catch(reject);
    });
    signal.addEventListener("abort", cancel, { once: true });
    const returned = await result;
    signal.throwIfAborted();
    return returned;
  } catch (error) {
    signal.throwIfAborted();
    throw session?.explain(error) ?? error;
  } finally {
    await session?.close();
    signal.removeEventListener("abort", cancel);
    permit.release();
  }
}

/** Handles messages until the last one. */
function receiver(
  recorder: ReadRecorder,
  resolve: (result: CallResult) => void,
  reject: (reason: unknown) => void,
): (message: ThreadMessage) => void {
  return (message) => {
    switch (message.type) {
      case "observed": {
        const { reads, volatile, changed } = message.observed;
        recorder.add(reads, volatile, changed);
        return;
      }
      case "returned":
        resolve(message.result);
        return;
      case "failed":
        // Whatever the function threw.
        reject(errorOfData(message.error));
        return;
      default:
        throw new TypeError(`unexpected message of a stage in a worker thread: ${message.type}`);
    }
  };
}
