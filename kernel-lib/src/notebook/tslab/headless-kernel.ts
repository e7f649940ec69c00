/**
 * A tslab kernel in this process, without sockets: tslab's own converter, executor and message handling, fed with the messages that
 * Jupyter would send. A cell is therefore executed exactly as in a notebook. Used by the command line.
 */
import { createHmac, randomUUID } from "node:crypto";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import vm from "node:vm";
import { CachedCompiler, type CellConverter } from "./compiled/cached-compiler";
import { describeInstallation } from "./compiled/installation";
import { RecordFile, recordFolder } from "./compiled/record-file";
import type { CellCompiler } from "./compiler";
import { loadTslab, type Executor, type Tslab, type Writable } from "./lazy-tslab";
import { isRepairChosen } from "./repairs/install";
import type { ZmqServer, ZmqSocket } from "./tslab";

/** A message from the kernel, as Jupyter would receive it. */
export interface KernelMessage {
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** How a cell ended. */
export interface CellEnd {
  readonly ok: boolean;
  /** The number in its prompt. */
  readonly count: number | null;
}

export interface HeadlessKernelOptions {
  /** The notebook's file, absolute. Its folder is that of the kernel. */
  readonly notebook: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What paths in the environment are relative to. */
  readonly startFolder: string;
  /** Writes a line to the log. */
  readonly debug: (message: string) => void;
}

/** An execute request that has not ended. */
interface PendingRequest {
  readonly onOutput: (message: KernelMessage) => void;
  readonly end: (end: CellEnd) => void;
  reply?: Readonly<Record<string, unknown>>;
  isIdle: boolean;
}

const KEY = "";
const DELIMITER = "<IDS|MSG>";
/** For 200 ms after a failed cell tslab drops the cells that follow. */
const RETRY_AFTER_MS = 250;

export class HeadlessKernel {
  private readonly server: Writable<ZmqServer>;
  private readonly executor: Executor;
  private readonly session = randomUUID();
  private readonly requests = new Map<string, PendingRequest>();

  private readonly runInThisContext = vm.runInThisContext;

  /** Throws `tslab-missing`. */
  constructor({ notebook, environment, startFolder, debug }: HeadlessKernelOptions) {
    const folder = path.dirname(notebook);
    const tslab = loadTslab(folder);
    const records = recordFolder(environment, startFolder);
    const { STAGEBOOK_TSLAB: repairs } = environment;
    const converters =
      records === undefined
        ? withConverter(tslab.createConverter())
        : withRecords(tslab, new RecordFile(records, identityOf(tslab, notebook, repairs), debug), folder, repairs);
    this.executor = tslab.executor.createExecutor(folder, converters, console);
    this.server = new tslab.jupyter.ZmqServer(new tslab.jupyter.JupyterHandlerImpl(this.executor, false), "");
    this.server.connInfo = { key: KEY };
    this.server.iopub = { send: async (frames) => this.receive(frames) };
  }

  /** Executes a cell as Jupyter does. `onOutput` receives its output, including what arrives after its end. */
  async execute(cell: string, source: string, onOutput: (message: KernelMessage) => void): Promise<CellEnd> {
    for (;;) {
      const end = await this.executeOnce(cell, source, onOutput);
      if (end !== "dropped") return end;
      await pause(RETRY_AFTER_MS);
    }
  }

  /** Stops waiting for the cell; what it awaits continues. */
  interrupt(): void {
    this.executor.interrupt();
  }

  /** Stagebook's hooks into this kernel end with it. */
  close(): void {
    this.executor.close();
    vm.runInThisContext = this.runInThisContext;
  }

  private async executeOnce(
    cell: string,
    code: string,
    onOutput: (message: KernelMessage) => void,
  ): Promise<CellEnd | "dropped"> {
    const id = randomUUID();
    let request: PendingRequest | undefined;
    const ended = new Promise<CellEnd>((end) => {
      request = { onOutput, end, isIdle: false };
      this.requests.set(id, request);
    });
    const content = { code, silent: false, store_history: true, user_expressions: {}, stop_on_error: true };
    const shell: ZmqSocket = { send: async (frames) => this.receive(frames) };
    await this.server.handleShellMessage(shell, ...this.encode(id, content, { deletedCells: [], cellId: cell }));
    const end = await ended;
    return request?.reply?.status === "abort" ? "dropped" : end;
  }

  private encode(id: string, content: object, metadata: object): Buffer[] {
    const header = {
      version: "5.3",
      date: new Date().toISOString(),
      session: this.session,
      username: "stagebook",
      msg_type: "execute_request",
      msg_id: id,
    };
    const parts = [header, {}, metadata, content].map((part) => Buffer.from(JSON.stringify(part)));
    const hmac = createHmac("sha256", KEY);
    for (const part of parts) hmac.update(part);
    return [Buffer.from("stagebook"), Buffer.from(DELIMITER), Buffer.from(hmac.digest("hex")), ...parts];
  }

  private receive(frames: readonly unknown[]): void {
    const texts = frames.map(String);
    const at = texts.indexOf(DELIMITER);
    const { msg_type: type } = readRecord(texts[at + 2]);
    const request = this.requests.get(String(readRecord(texts[at + 3]).msg_id));
    // Comm messages are for pages; there is none.
    if (!request || typeof type !== "string" || type.startsWith("comm_")) return;
    const content = readRecord(texts[at + 5]);
    if (type === "execute_reply") request.reply = content;
    else if (type === "status") request.isIdle ||= content.execution_state === "idle";
    else request.onOutput({ type, content });
    const { reply, isIdle } = request;
    if (!reply || !isIdle) return;
    const count = typeof reply.execution_count === "number" ? reply.execution_count : null;
    request.end({ ok: reply.status === "ok", count });
  }
}

function readRecord(text: string | undefined): Readonly<Record<string, unknown>> {
  return JSON.parse(text ?? "{}") as Readonly<Record<string, unknown>>;
}

/** What tslab's executor takes, and `findCellCompiler` finds. */
interface Converters {
  readonly node: CellConverter;
  readonly browser: CellConverter;
  readonly cells?: CellCompiler;
  readonly close: () => void;
}

function withConverter(node: CellConverter): Converters {
  return { node, browser: node, close: () => node.close() };
}

/** With a compiler that is loaded when an earlier process has not compiled the cells. */
function withRecords(tslab: Tslab, file: RecordFile, folder: string, repairs: string | undefined): Converters {
  const { createConverter, loadTypeScript } = tslab;
  const reloadsJson = isRepairChosen("changed-files", repairs);
  const compiler = new CachedCompiler({ createConverter, loadTypeScript, file, folder, reloadsJson });
  return {
    ...withConverter(compiler.converter),
    get cells() {
      return compiler.cells;
    },
  };
}

function identityOf({ files }: Tslab, notebook: string, repairs: string | undefined): string {
  return describeInstallation(Object.values(files), { notebook, repairs });
}
