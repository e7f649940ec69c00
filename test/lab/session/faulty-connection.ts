/** JupyterLab's connection of one page to a kernel, over a network that loses, repeats and delays messages. Used by faults.ts. */

export interface Frame {
  readonly type: string;
  readonly content: { readonly [name: string]: unknown };
}

interface Ends {
  readonly random: () => number;
  /** Distinguishes the comms of this page from those of another. */
  readonly suffix: string;
  toKernel(frame: Frame): void;
  /** The kernel's info. */
  mark(): object;
  /** The kernel's open comms; undefined for a kernel without comms. */
  comms(): object | undefined;
}

type Target = (comm: PageComm, message: object) => void;

export class FaultyConnection {
  /** The share of faulty messages, 0 to 1. */
  share = 0;
  /** The page is closed: it receives nothing. */
  isGone = false;
  readonly handleComms = true;
  readonly isDisposed = false;
  status = "idle";
  connectionStatus = "connected";
  report = {
    status: (_status: string): void => undefined,
    connection: (_status: string): void => undefined,
    message: (_message: object): void => undefined,
  };
  readonly info: Promise<object>;
  private readonly targets = new Map<string, Target>();
  private readonly open = new Map<string, PageComm>();
  private waiting: Frame[] = [];
  /** Counts how often it broke: messages in flight at that time are lost. */
  private breaks = 0;

  constructor(private readonly ends: Ends) {
    this.info = this.request(() => ends.mark());
  }

  requestKernelInfo = async (): Promise<object> => ({ content: await this.request(() => this.ends.mark()) });
  requestCommInfo = async (): Promise<object> => ({
    content: await this.request(() => ({ status: "ok", comms: this.ends.comms() ?? {} })),
  });
  hasComm = (id: string): boolean => this.open.has(id) || !id.endsWith(this.ends.suffix);

  registerCommTarget(target: string, callback: Target): void {
    this.targets.set(target, callback);
  }

  removeCommTarget(target: string): void {
    this.targets.delete(target);
  }

  createComm(_target: string, id: string): PageComm {
    const comm = new PageComm(
      id,
      (frame) => this.send(frame),
      () => this.open.delete(id),
    );
    this.open.set(id, comm);
    return comm;
  }

  fromKernel(frame: Frame): void {
    if (this.connectionStatus !== "connected") return;
    const { breaks } = this;
    this.applyFaults(() => {
      // A message of the kernel's earlier life may still come in.
      if (!this.isGone && this.connectionStatus === "connected" && (breaks === this.breaks || this.ends.random() < 0.5))
        this.receive(frame);
    });
  }

  disconnect(): void {
    this.breaks++;
    this.connectionStatus = "connecting";
    this.report.connection("connecting");
  }

  connect(): void {
    if (this.connectionStatus === "connected") return;
    this.connectionStatus = "connected";
    const { waiting } = this;
    this.waiting = [];
    for (const frame of waiting) this.send(frame);
    this.report.connection("connected");
  }

  /** `isReported`: the server reports the restart, and JupyterLab disposes the comms. */
  kernelRestarts(isReported: boolean): void {
    if (isReported && this.connectionStatus === "connected") {
      for (const comm of [...this.open.values()]) comm.dispose();
      this.report.status("restarting");
    }
    if (this.connectionStatus === "connected") this.disconnect();
  }

  /** Never settles when the connection breaks. */
  private async request(answer: () => object): Promise<object> {
    const { breaks } = this;
    await new Promise((resolve) => setTimeout(resolve, this.delay()));
    return breaks === this.breaks && this.connectionStatus === "connected" ? answer() : new Promise(() => undefined);
  }

  private send(frame: Frame): void {
    if (this.connectionStatus !== "connected") {
      this.waiting.push(frame);
      return;
    }
    const { breaks } = this;
    // Opening and closing a comm is not subject to the rate limit.
    const pass = (): void => {
      if (breaks === this.breaks) this.ends.toKernel(frame);
    };
    if (frame.type === "comm_msg") this.applyFaults(pass);
    else pass();
  }

  private receive({ type, content }: Frame): void {
    const id = String(content.comm_id);
    const message = { header: { msg_type: type }, content };
    this.report.message(message);
    if (type === "comm_open") {
      const comm = this.createComm("stagebook", id);
      this.targets.get(String(content.target_name))?.(comm, message);
    } else if (type === "comm_msg") this.open.get(id)?.onMsg(message);
    else if (type === "comm_close") this.open.get(id)?.onClose();
  }

  private applyFaults(pass: () => void): void {
    const { random } = this.ends;
    const roll = random();
    if (roll < this.share * 0.5) return;
    const late = roll < this.share ? random() * 300 : this.delay();
    setTimeout(pass, late);
    if (random() < this.share * 0.2) setTimeout(pass, late + random() * 300);
  }

  private readonly delay = (): number => 2;
}

class PageComm {
  onMsg: (message: object) => void = () => undefined;
  onClose: () => void = () => undefined;
  isDisposed = false;

  constructor(
    readonly commId: string,
    private readonly post: (frame: Frame) => void,
    private readonly forget: () => void,
  ) {}

  open(data: object): void {
    if (this.isDisposed) throw new Error("disposed");
    this.post({ type: "comm_open", content: { comm_id: this.commId, target_name: "stagebook", data } });
  }

  send(data: object): void {
    if (this.isDisposed) throw new Error("disposed");
    this.post({ type: "comm_msg", content: { comm_id: this.commId, data } });
  }

  close(): void {
    if (this.isDisposed) return;
    this.post({ type: "comm_close", content: { comm_id: this.commId, data: {} } });
    this.dispose();
  }

  dispose(): void {
    this.isDisposed = true;
    this.onMsg = () => undefined;
    this.forget();
  }
}
