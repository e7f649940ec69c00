/**
 * Cells sent right after an error. tslab silently drops every cell that arrives within 200 ms after a failed one, in order to drop those
 * that _Run All_ has sent together with it. Here exactly these are dropped: what was sent before the error was reported.
 */
import type { JupyterHandler, TaskQueue, ZmqServer } from "../tslab";
import { peekMessage } from "../tslab";
import type { Repair } from "./repair";

export const queuedCells: Repair = {
  name: "queued-cells",
  install({ kernel }) {
    const queues = new WeakMap<JupyterHandler, CellQueue>();
    for (const { ZmqServer } of kernel.copies) {
      const server = ZmqServer.prototype;
      const { handleShellMessage } = server;
      server.handleShellMessage = function (this: ZmqServer, socket, ...frames) {
        const sentAt = sendingTime(frames);
        if (sentAt === undefined) return handleShellMessage.call(this, socket, ...frames);
        let queue = queues.get(this.handler);
        if (!queue) {
          queue = new CellQueue(this.handler.execQueue);
          queues.set(this.handler, queue);
          this.handler.execQueue = queue;
        }
        // tslab adds the cell to its queue before it waits for anything.
        return queue.adding(sentAt, () => handleShellMessage.call(this, socket, ...frames));
      };
    }
  },
};

/** When the front end sent the request to execute a cell, by its clock, in epoch milliseconds. */
function sendingTime(frames: readonly Buffer[]): number | undefined {
  const message = peekMessage(frames);
  if (message?.type !== "execute_request") return undefined;
  const date = Date.parse(message.date ?? "");
  return Number.isNaN(date) ? Date.now() : date;
}

class CellQueue implements TaskQueue {
  /** The end of what was added last; never rejects. */
  private last: Promise<unknown>;
  private failedAt = -Infinity;
  /** By how much the clock of the kernel is ahead of that of the front end, with the fastest delivery so far. */
  private ahead = Infinity;
  private sentAt = 0;

  /** A queue of tslab's own in which a cell has failed: it cancels what is added. */
  private readonly failed: TaskQueue;

  constructor(before: TaskQueue) {
    this.failed = new (before.constructor as new () => TaskQueue)();
    this.failed.add(() => Promise.reject(new Error("a cell before it failed"))).catch(() => undefined);
    // What is in tslab's own queue goes first.
    this.last = before.prev.catch(() => {
      this.failedAt = Date.now();
    });
  }

  /** Executes `act`, which adds a cell that was sent at this time. */
  adding<T>(sentAt: number, act: () => T): T {
    this.ahead = Math.min(this.ahead, Date.now() - sentAt);
    this.sentAt = sentAt;
    return act();
  }

  get prev(): Promise<unknown> {
    return this.last;
  }

  add<T>(task: () => Promise<T>): Promise<T> {
    const { sentAt } = this;
    const ended = this.last.then(() => {
      // Times are whole milliseconds: a cell may be sent in the one in which the error was reported.
      const isLater = sentAt + this.ahead >= this.failedAt;
      return isLater ? task() : this.failed.add(task);
    });
    this.last = ended.catch(() => undefined);
    return ended;
  }

  /** tslab calls this when a cell has failed. */
  reset(): void {
    this.failedAt = Date.now();
  }
}
