/** One notebook's kernel through its life: found, restarted, lost, changed. JupyterLab's side is played by the test. */
import type { ISessionContext } from "@jupyterlab/apputils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { COMM_TARGET, emptyView } from "stagebook/protocol";
import { KernelSession } from "../../lab-extension/src/session/kernel-session";
import { english } from "./stage-fixture";

/** A signal that counts who listens. */
class FakeSignal<T> {
  private slots: { readonly slot: (sender: unknown, args: T) => void; readonly self: unknown }[] = [];
  connect(slot: (sender: unknown, args: T) => void, self?: unknown): void {
    this.slots.push({ slot, self });
  }
  disconnect(slot: (sender: unknown, args: T) => void, self?: unknown): void {
    this.slots = this.slots.filter((each) => each.slot !== slot || each.self !== self);
  }
  emit(args: T): void {
    for (const { slot, self } of [...this.slots]) slot.call(self, this, args);
  }
  get listeners(): number {
    return this.slots.length;
  }
}

class FakeComm {
  onMsg: (message: object) => void = () => undefined;
  onClose: () => void = () => undefined;
  isDisposed = false;
  readonly log: string[] = [];
  constructor(readonly commId: string) {}
  open(data: object): void {
    this.log.push(`open ${JSON.stringify(data)}`);
  }
  send(data: { readonly type: string }): void {
    this.log.push(data.type);
  }
  close(): void {
    this.log.push("close");
    this.isDisposed = true;
  }
  dispose(): void {
    this.isDisposed = true;
  }
}

class FakeKernelConnection {
  handleComms = true;
  isDisposed = false;
  status = "idle";
  connectionStatus = "connected";
  readonly comms: FakeComm[] = [];
  readonly targets = new Map<string, (comm: object, message: object) => void>();
  readonly info: Promise<object>;
  constructor(public mark: object) {
    this.info = Promise.resolve(mark);
  }
  requestKernelInfo = (): Promise<object> => Promise.resolve({ content: this.mark });
  hasComm = (id: string): boolean => this.comms.some((comm) => comm.commId === id && !comm.isDisposed);
  registerCommTarget(target: string, callback: (comm: object, message: object) => void): void {
    this.targets.set(target, callback);
  }
  removeCommTarget(target: string): void {
    this.targets.delete(target);
  }
  createComm(_target: string, id: string): FakeComm {
    const comm = new FakeComm(id);
    this.comms.push(comm);
    return comm;
  }
  /** What a kernel does when Stagebook is imported. */
  announce(v = 1): FakeComm {
    const comm = new FakeComm("of-the-kernel");
    this.targets.get(COMM_TARGET)?.(comm, { content: { data: { v } } });
    return comm;
  }
  answer(): void {
    this.comms
      .at(-1)
      ?.onMsg({ content: { data: { v: 1, type: "snapshot", seq: 0, view: emptyView, stagebook: "0.1.0" } } });
  }
}

class FakeContext {
  isReady = true;
  session: { kernel: FakeKernelConnection | null } | null;
  readonly ready = Promise.resolve();
  readonly kernelChanged = new FakeSignal<object>();
  readonly statusChanged = new FakeSignal<string>();
  readonly connectionStatusChanged = new FakeSignal<string>();
  readonly disposed = new FakeSignal<void>();
  constructor(kernel: FakeKernelConnection | null) {
    this.session = { kernel };
  }
  get listeners(): number {
    return [this.kernelChanged, this.statusChanged, this.connectionStatusChanged, this.disposed].reduce(
      (sum, { listeners }) => sum + listeners,
      0,
    );
  }
}

let context: FakeContext;
let kernel: FakeKernelConnection;
let session: KernelSession;
let links: string[];

const marked = { stagebook: "0.1.0" };
const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

function begin(mark: object): void {
  kernel = new FakeKernelConnection(mark);
  context = new FakeContext(kernel);
  session = new KernelSession(context as unknown as ISessionContext, () => "a.ipynb", english);
  links = [];
  session.link$.subscribe(({ connection }) => links.push(connection));
}

beforeEach(() => {
  vi.useFakeTimers();
  const kept = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  });
});

afterEach(() => {
  session.dispose();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("which kernels are spoken to", () => {
  it("a kernel without the mark is sent nothing at all", async () => {
    begin({});
    await settled();
    expect(kernel.comms).toEqual([]);
    expect(links).toEqual(["connecting", "absent"]);
  });

  it("after a reload the page opens a comm on a kernel with the mark", async () => {
    begin(marked);
    await settled();
    expect(kernel.comms.map(({ log }) => log)).toEqual([['open {"v":1,"notebook":"a.ipynb"}']]);
    kernel.answer();
    expect(links).toEqual(["connecting", "live"]);
  });

  it("the kernel's own comm is news: it is closed, and the page opens one", async () => {
    begin({});
    await settled();
    const news = kernel.announce();
    expect(news.log).toEqual(["close"]);
    kernel.answer();
    expect(links).toEqual(["connecting", "absent", "connecting", "live"]);
  });

  it("a comm of another version is not answered, and the reason says what to update", async () => {
    begin({});
    await settled();
    kernel.announce(2);
    expect(kernel.comms).toEqual([]);
    expect(links.at(-1)).toBe("incompatible");
    await expect(session.send({ type: "cancel" })).rejects.toThrow("update the older");
  });

  it("without a live kernel a command says what to do", async () => {
    begin({});
    await settled();
    await expect(session.send({ type: "cancel" })).rejects.toThrow("run the cell that imports it first");
  });
});

describe("restart, loss and change", () => {
  beforeEach(async () => {
    begin(marked);
    await settled();
    kernel.answer();
    links.length = 0;
  });

  it("a restart rejects what is pending, and is told once however often it is reported", async () => {
    const pending = session.send({ type: "run" });
    kernel.mark = {};
    context.statusChanged.emit("restarting");
    context.statusChanged.emit("autorestarting");
    await expect(pending).rejects.toThrow("the kernel was restarted");
    context.statusChanged.emit("idle");
    context.connectionStatusChanged.emit("connected");
    await settled();
    expect(links).toEqual(["lost", "absent"]);
    kernel.announce();
    kernel.answer();
    expect(links).toEqual(["lost", "absent", "connecting", "live"]);
  });

  it("a kernel that tells no status after a restart is found by its answer when the connection is back", async () => {
    kernel.mark = {};
    context.statusChanged.emit("restarting");
    context.connectionStatusChanged.emit("connecting");
    context.connectionStatusChanged.emit("connected");
    await settled();
    expect(links).toEqual(["lost", "absent"]);
  });

  it("a connection that comes back asks for a snapshot on the same comm", async () => {
    context.connectionStatusChanged.emit("connecting");
    context.connectionStatusChanged.emit("connected");
    context.connectionStatusChanged.emit("connected");
    expect(kernel.comms).toHaveLength(1);
    expect(kernel.comms[0]?.log.slice(1)).toEqual(["sync"]);
    kernel.answer();
    expect(links).toEqual(["lost", "connecting", "live"]);
  });

  it("a kernel that dies is lost, and pending commands are rejected", async () => {
    const pending = session.send({ type: "run" });
    context.statusChanged.emit("dead");
    await expect(pending).rejects.toThrow("the kernel stopped");
    expect(links).toEqual(["lost"]);
  });

  it("another kernel is asked anew, and the old one is let go", async () => {
    const old = kernel;
    const other = new FakeKernelConnection({});
    context.session = { kernel: other };
    context.kernelChanged.emit({});
    context.kernelChanged.emit({});
    await settled();
    expect(old.targets.size).toBe(0);
    expect(other.targets.size).toBe(1);
    expect(links).toEqual(["connecting", "absent"]);
  });

  it("a second import replaces the comm under the same id, and the first one's messages are ignored", () => {
    const first = kernel.comms[0];
    kernel.announce();
    kernel.answer();
    expect(kernel.comms.map(({ commId }) => commId)).toEqual([first?.commId, first?.commId]);
    first?.onMsg({ content: { data: { v: 2 } } });
    expect(links).toEqual(["connecting", "live"]);
  });

  it("when the notebook is closed nothing listens any more", () => {
    expect(context.listeners).toBe(4);
    context.disposed.emit();
    expect(context.listeners).toBe(0);
    expect(kernel.targets.size).toBe(0);
    expect(kernel.comms[0]?.log).toContain("close");
  });
});
