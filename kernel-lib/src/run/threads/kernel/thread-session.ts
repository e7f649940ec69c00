/** The kernel's side of one worker thread: the messages to it and from it, and why it ended. */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { Permit } from "../../../async/semaphore";
import { messageOf, StagebookError } from "../../../protocol";
import { CallMemory } from "../call-memory";
import { dataOfError } from "../error-data";
import { memoryExceeded } from "./memory-limit";
import { secrets } from "../../../secrets/secret-texts";
import type { CallRequest, FromKernel, FromThread, KernelRequest, Notification, ThreadMessage } from "../messages";
import type { Threads } from "./threads";

/** What the kernel does for a call. */
export interface RequestHandler {
  /** Resolves with a value that can be cloned. */
  respond(request: KernelRequest): Promise<unknown>;
  notify(notification: Notification): void;
}

export interface SessionPorts {
  readonly handler: RequestHandler;
  readonly threads: Threads;
  /** How much memory the thread may use, in bytes. */
  readonly limitBytes: number;
  /** Lent while the thread waits for another stage. */
  readonly permit: Permit;
  /** Called with everything that is neither a request nor a notification. */
  receive(message: ThreadMessage): void;
}

/** How long a cancelled function may clean up before its thread is ended, in milliseconds. */
const CLEAN_UP_MS = 500;
/** Smaller responses are copied as fast, and may lie in memory that Node shares among buffers. */
const LARGE_BYTES = 64 * 1024;

export const noPermit: Permit = { lend: (work) => work(), release: () => undefined };

export class ThreadSession {
  private readonly port: MessagePort;
  private readonly thread: Promise<void>;
  private readonly kill = new AbortController();
  private readonly endWatch: () => void;
  private timer: NodeJS.Timeout | undefined;
  private isTooLarge = false;

  constructor(
    call: CallRequest,
    private readonly ports: SessionPorts,
  ) {
    const { port1, port2 } = new MessageChannel();
    const { threads, limitBytes } = ports;
    const memory = new CallMemory();
    this.port = port1;
    this.endWatch = threads.memoryWatch.watch(memory, limitBytes, () => {
      this.isTooLarge = true;
      this.kill.abort();
    });
    port1.on("message", (message: FromThread) => this.receive(message));
    this.thread = threads.run(
      { port: port2, call, memory: memory.shared, secrets: secrets.share() },
      limitBytes,
      this.kill.signal,
    );
    // Those who wait for it handle it.
    this.thread.catch(() => undefined);
  }

  /** Resolves when the thread is free again. Rejects when it has ended, after its last message: `worker-crashed`, `worker-memory`. */
  async ended(): Promise<void> {
    try {
      await this.thread;
    } catch (error) {
      // Messages that it sent before it ended arrive first.
      await new Promise((resolve) => setImmediate(resolve));
      throw this.explain(crashed(error));
    }
  }

  /** The error, or that it used too much memory. */
  explain(error: unknown): unknown {
    return this.isTooLarge || isOutOfMemory(error) ? memoryExceeded(this.ports.limitBytes, error) : error;
  }

  get hasTooMuchMemory(): boolean {
    return this.isTooLarge;
  }

  send(message: FromKernel, transfer: readonly ArrayBuffer[] = []): void {
    this.port.postMessage(message, transfer);
  }

  /** Ends the thread, whatever it does, when it is not free soon. */
  abort(reason: unknown): void {
    this.send({ type: "abort", reason: dataOfError(reason) });
    this.timer ??= setTimeout(() => this.kill.abort(), CLEAN_UP_MS);
  }

  /** Waits until the thread is free again: otherwise the next call would start another one. */
  async close(): Promise<void> {
    this.endWatch();
    await this.thread.catch(() => undefined);
    clearTimeout(this.timer);
    this.port.close();
  }

  private receive(message: FromThread): void {
    if (message.type === "notification") this.ports.handler.notify(message.notification);
    else if (message.type === "request") void this.respond(message);
    else this.ports.receive(message);
  }

  private async respond({ id, request }: Extract<FromThread, { type: "request" }>): Promise<void> {
    const { handler, permit } = this.ports;
    try {
      // A call that may wait for another stage lends its permit: that stage may need it.
      const mayWait = request.kind === "stage" || request.kind === "lost";
      const value = await (mayWait ? permit.lend(() => handler.respond(request)) : handler.respond(request));
      this.send({ type: "response", id, value }, ownMemory(value));
    } catch (error) {
      this.send({ type: "response", id, error: dataOfError(error) });
    }
  }
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
