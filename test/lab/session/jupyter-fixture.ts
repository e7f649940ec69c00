/** A fake of JupyterLab's side of a notebook's session. */
import { COMM_TARGET, emptyView } from "stagebook/protocol";

/** A tab's storage, empty. */
export function fakeStorage(): Pick<Storage, "getItem" | "setItem" | "removeItem"> {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

/** A signal that counts its listeners. */
export class FakeSignal<T> {
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
  emitFrom(sender: unknown): void {
    for (const { slot, self } of [...this.slots]) slot.call(self, sender, undefined as T);
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

export class FakeKernelConnection {
  readonly clientId = Math.random().toString(36).slice(2);
  readonly disposed = new FakeSignal<void>();
  handleComms = true;
  isDisposed = false;
  status = "idle";
  connectionStatus = "connected";
  readonly comms: FakeComm[] = [];
  /** The ids of the comms that the kernel reports as open. */
  known: readonly string[] = [];
  readonly targets = new Map<string, (comm: object, message: object) => void>();
  readonly info: Promise<object>;
  constructor(public mark: object) {
    this.info = Promise.resolve(mark);
  }
  requestKernelInfo = (): Promise<object> => Promise.resolve().then(() => ({ content: this.mark }));
  requestCommInfo = (): Promise<object> =>
    Promise.resolve({ content: { status: "ok", comms: Object.fromEntries(this.known.map((id) => [id, {}])) } });
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
  /** The effect of importing Stagebook in the kernel. */
  announce(v = 1): FakeComm {
    this.mark = { stagebook: "0.1.0" };
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

export class FakeContext {
  isReady = true;
  session: { kernel: object | null } | null;
  readonly ready = Promise.resolve();
  readonly kernelChanged = new FakeSignal<object>();
  readonly statusChanged = new FakeSignal<string>();
  readonly connectionStatusChanged = new FakeSignal<string>();
  readonly iopubMessage = new FakeSignal<object>();
  readonly disposed = new FakeSignal<void>();
  constructor(kernel: object | null) {
    this.session = { kernel };
  }
  get listeners(): number {
    return [
      this.kernelChanged,
      this.statusChanged,
      this.connectionStatusChanged,
      this.iopubMessage,
      this.disposed,
    ].reduce((sum, { listeners }) => sum + listeners, 0);
  }
}
