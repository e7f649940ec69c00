/** A real tslab kernel, driven over its sockets as JupyterLab does. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command, Result, StagebookEvent, View } from "stagebook/protocol";
import { kernelSpec } from "../../../.dev/lib/jupyter.mjs";
import { Execution } from "./execution";
import { nodeFlags } from "../../../.dev/lib/project.mjs";
import { createNotebookFolder } from "./notebook-folder";
import type { NotebookFolder } from "./notebook-folder";
import { StageComm } from "./stage-comm";
import { Wire, writeConnectionFile } from "./wire";
import type { JsonRecord, JupyterMessage } from "./wire";

/** tslab drops cells for 200 ms after a failed one. */
const TSLAB_DROPS_MS = 250;

/** Another process took a port; or tslab, which reads before all its sockets are bound, was sent a request too early and has stopped reading. */
const FAILED_START = /EADDRINUSE|Address already in use|Socket is blocked by a bind/;

export interface KernelOptions {
  /** The working directory: the notebook's folder. Default: a new temporary one, removed by `stop`. */
  readonly cwd?: string;
  /** The notebook's file name, passed to the kernel as JupyterLab does. Default: `notebook.ipynb`. */
  readonly notebook?: string;
  readonly env?: { readonly [name: string]: string };
  /** The `argv` of a kernel spec, as Jupyter finds it. Default: the repository's own tslab with this Node.js. */
  readonly argv?: readonly string[];
}

export interface CellOptions {
  /** The cell's id. Default: none is sent, as from a console. */
  readonly cell?: string;
  /** Cells deleted since the last execution. */
  readonly deletedCells?: readonly string[];
  /** The session in the header of the request: of the connection of the page. Default: one for all. */
  readonly session?: string;
  /** Timeout of `run`. Default: 120 s. */
  readonly timeoutMs?: number;
}

const [node = "", ...tslab] = kernelSpec.argv;
const stockKernel = [node, ...nodeFlags, ...tslab];

/** Starts a kernel and resolves once it replies. The caller stops it: `afterAll(() => kernel.stop())`. */
export async function startKernel(options: KernelOptions = {}): Promise<Kernel> {
  const folder = options.cwd === undefined ? createNotebookFolder() : null;
  const kernel = new Kernel(options.cwd ?? (folder as NotebookFolder).path, options, folder);
  await kernel.boot();
  return kernel;
}

export class Kernel {
  /** The page's side of the comm. */
  readonly comm = new StageComm((type, content) => this.wire?.send("shell", type, content));
  /** Messages on iopub, of all requests, in order. */
  readonly iopub: JupyterMessage[] = [];
  private process: ChildProcess | undefined;
  private wire: Wire | undefined;
  /** The folder of the connection file and the sockets. */
  private sockets: string | undefined;
  private output = "";
  private failedAt = 0;
  private notebook: string;
  private readonly executions = new Map<string, Execution>();
  private readonly requests = new Map<string, (reply: JupyterMessage) => void>();

  constructor(
    /** The notebook's folder. */
    readonly cwd: string,
    private readonly options: KernelOptions,
    private readonly folder: NotebookFolder | null,
  ) {
    this.notebook = options.notebook ?? "notebook.ipynb";
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  /** All Stagebook events of this kernel in order. */
  get events(): readonly StagebookEvent[] {
    return this.comm.events;
  }

  get view(): View {
    return this.comm.view;
  }

  /**
   * Executes a cell and waits for its end. A failing cell is a result too (`ok` is false). Waits until tslab accepts cells: for a
   * moment after a failed one it drops them (status "abort"); use `start` to test that.
   */
  async run(code: string, options: CellOptions = {}): Promise<Execution> {
    for (;;) {
      await pause(this.failedAt + TSLAB_DROPS_MS - Date.now());
      const execution = await this.runOnce(code, options);
      // On a slow machine tslab drops cells for longer.
      if (execution.status !== "abort") return execution;
      await pause(TSLAB_DROPS_MS);
    }
  }

  private async runOnce(code: string, options: CellOptions): Promise<Execution> {
    const execution = this.start(code, options);
    const timeoutMs = options.timeoutMs ?? 120_000;
    const timer = setTimeout(
      () =>
        execution.fail(
          new Error(
            `the cell did not end in ${timeoutMs} ms:\n${code}\n--- its output\n${execution.text}\n${this.dump()}`,
          ),
        ),
      timeoutMs,
    );
    try {
      return await execution.done;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Executes a cell without waiting. */
  start(code: string, options: CellOptions = {}): Execution {
    const execution = new Execution(code);
    execution.done.then(
      () => {
        if (execution.status === "error") this.failedAt = Date.now();
      },
      () => undefined,
    );
    const content = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    };
    const metadata = {
      deletedCells: options.deletedCells ?? [],
      recordTiming: false,
      ...(options.cell === undefined ? {} : { cellId: options.cell }),
    };
    this.executions.set(this.send("shell", "execute_request", content, metadata, options.session), execution);
    return execution;
  }

  /** Sends any request and resolves with the content of its reply. */
  async request(
    type: string,
    content: JsonRecord = {},
    channel: "shell" | "control" = "shell",
    timeoutMs = 60_000,
  ): Promise<JsonRecord> {
    const id = this.send(channel, type, content);
    let timer: NodeJS.Timeout | undefined;
    const reply = new Promise<JupyterMessage>((resolve, reject) => {
      this.requests.set(id, resolve);
      timer = setTimeout(() => reject(new Error(`no reply to ${type} in ${timeoutMs} ms\n${this.dump()}`)), timeoutMs);
    });
    try {
      return (await reply).content;
    } finally {
      clearTimeout(timer);
      this.requests.delete(id);
    }
  }

  kernelInfo(): Promise<JsonRecord> {
    return this.request("kernel_info_request");
  }

  /** Opens a comm from the page's side; resolves once the snapshot has arrived. */
  openComm(page: JsonRecord = {}): Promise<string> {
    return this.comm.openComm(page);
  }

  command<C extends Command>(command: C): Promise<Result<C["type"]>> {
    return this.comm.command(command);
  }

  /** Waits until `reached` returns true; `label` describes the condition. */
  until(
    reached: (events: readonly StagebookEvent[], view: View) => boolean,
    label: string,
    timeoutMs?: number,
  ): Promise<void> {
    return this.comm.until(reached, label, timeoutMs);
  }

  /** Like the Stop button: SIGINT to the kernel's process group. */
  interrupt(): void {
    this.signal("SIGINT");
  }

  /** Starts a new process in the same folder. Events, view and comms start again. `notebook`: its new name. */
  async restart(notebook?: string): Promise<void> {
    await this.shutDown();
    this.notebook = notebook ?? this.notebook;
    await this.boot();
  }

  /** Ends the process without warning, as a crash does. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exited();
    this.closeWire();
  }

  /** Ends the kernel and every process that it started, and removes the temporary folder. */
  async stop(): Promise<void> {
    await this.shutDown();
    this.folder?.remove();
  }

  /** Called by `startKernel` and `restart`. Retries when another process has taken a port meanwhile. */
  async boot(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.bootOnce();
        return;
      } catch (error) {
        await this.kill();
        if (attempt === 3 || !FAILED_START.test(this.output)) throw error;
      }
    }
  }

  private async bootOnce(): Promise<void> {
    this.sockets = mkdtempSync(join(tmpdir(), "stagebook-kernel-"));
    const { file, connection } = await writeConnectionFile(this.sockets);
    const [program = "", ...args] = (this.options.argv ?? stockKernel).map((arg) =>
      arg.replace("{connection_file}", file),
    );
    const child = spawn(program, args, {
      cwd: this.cwd,
      env: {
        ...process.env,
        VITEST: undefined,
        NODE_OPTIONS: undefined,
        NODE_ENV: undefined,
        JPY_SESSION_NAME: join(this.cwd, this.notebook),
        ...this.options.env,
      },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process = child;
    this.output = "";
    const keep = (text: Buffer): void => void (this.output = (this.output + text.toString()).slice(-20_000));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("exit", (code, signal) => this.died(child, `the kernel ended (${signal ?? `code ${code ?? "?"}`})`));
    running.add(child);
    this.wire = new Wire(connection, (message) => this.accept(message));
    await this.untilReady(child);
  }

  /** Sends requests until a reply and a status have arrived: messages published before the subscription is active are lost. */
  private async untilReady(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + 120_000;
    const ids = new Set<string>();
    while (Date.now() < deadline && this.alive(child) && !FAILED_START.test(this.output)) {
      const answered = new Promise<void>((resolve) => {
        const id = this.send("shell", "kernel_info_request", {});
        ids.add(id);
        this.requests.set(id, () => resolve());
      });
      await Promise.race([answered, pause(500)]);
      if (this.iopub.some(({ parent }) => ids.has(parent))) return;
      await pause(20);
    }
    throw new Error(`the kernel does not reply\n${this.dump()}`);
  }

  private send(
    channel: "shell" | "control",
    type: string,
    content: JsonRecord,
    metadata?: JsonRecord,
    session?: string,
  ): string {
    if (!this.wire) throw new Error(`the kernel is stopped\n${this.dump()}`);
    return this.wire.send(channel, type, content, metadata, session);
  }

  private accept(message: JupyterMessage): void {
    if (message.channel === "iopub") this.iopub.push(message);
    this.executions.get(message.parent)?.accept(message);
    if (message.channel === "iopub" && message.type.startsWith("comm_")) this.comm.accept(message);
    if (message.channel !== "iopub") this.requests.get(message.parent)?.(message);
  }

  private died(child: ChildProcess, sentence: string): void {
    this.signal("SIGKILL", child);
    running.delete(child);
    if (child !== this.process) return;
    for (const execution of this.executions.values()) execution.fail(new Error(`${sentence}\n${this.dump()}`));
  }

  private async shutDown(): Promise<void> {
    if (this.alive()) this.send("control", "shutdown_request", { restart: false });
    await Promise.race([this.exited(), pause(1_500)]);
    this.signal("SIGKILL");
    await this.exited();
    this.closeWire();
  }

  private closeWire(): void {
    this.wire?.close();
    this.wire = undefined;
    if (this.sockets !== undefined) rmSync(this.sockets, { recursive: true, force: true });
    this.executions.clear();
    this.requests.clear();
    this.iopub.length = 0;
    this.comm.reset();
  }

  private alive(child = this.process): boolean {
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  private async exited(): Promise<void> {
    if (this.process && this.alive()) await once(this.process, "exit");
  }

  private signal(signal: NodeJS.Signals, child = this.process): void {
    if (child?.pid !== undefined) killGroup(child.pid, signal);
  }

  private dump(): string {
    return `--- the kernel's own output\n${this.output.slice(-3_000) || "(none)"}\n--- stagebook\n${this.comm.dump()}`;
  }
}

/** Kernels run in process groups of their own: none may outlive the test process. */
const running = new Set<ChildProcess>();
const killAll = (): void => {
  for (const child of running) if (child.pid !== undefined) killGroup(child.pid, "SIGKILL");
};
process.on("exit", killAll);
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  process.once(signal, () => process.exit(1));
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
