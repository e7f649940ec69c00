/** The connection to one notebook's kernel: found, restarted, lost, changed. The test plays the part of JupyterLab. */
import type { ISessionContext } from "@jupyterlab/apputils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KernelSession } from "../../../lab-extension/src/session/kernel-session";
import type { Link } from "../../../lab-extension/src/session/kernel-session";
import { fakeStorage, FakeContext, FakeKernelConnection } from "./jupyter-fixture";
import { english } from "../stage/stage-fixture";

let context: FakeContext;
let kernel: FakeKernelConnection;
let session: KernelSession;
let links: string[];
let link: Link;

const marked = { stagebook: "0.1.0" };
const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

function begin(mark: object): void {
  kernel = new FakeKernelConnection(mark);
  context = new FakeContext(kernel);
  session = new KernelSession(context as unknown as ISessionContext, { notebook: () => "a.ipynb" }, english);
  links = [];
  session.link$.subscribe((next) => {
    link = next;
    links.push(next.connection);
  });
}

function send(type: "run" | "cancel"): Promise<unknown> {
  if (link.connection !== "live") throw new Error(`the connection is ${link.connection}`);
  return link.wire.send({ type });
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("sessionStorage", fakeStorage());
});

afterEach(() => {
  session.dispose();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("the kernels that the page connects to", () => {
  it("a kernel without the mark is sent nothing", async () => {
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

  it("the kernel's own comm is an announcement: it is closed, and the page opens one", async () => {
    begin({});
    await settled();
    const announced = kernel.announce();
    expect(announced.log).toEqual(["close"]);
    await settled();
    kernel.answer();
    expect(links).toEqual(["connecting", "absent", "connecting", "live"]);
  });

  it("a kernel whose announcement was lost is found by its messages to other clients", async () => {
    begin({});
    await settled();
    kernel.mark = marked;
    const broadcast = (data: object): void =>
      context.iopubMessage.emit({ header: { msg_type: "comm_msg" }, content: { comm_id: "another", data } });
    broadcast({ method: "update", state: {} });
    await settled();
    expect(kernel.comms).toEqual([]);
    broadcast({ v: 1, type: "events", from: 5, events: [] });
    broadcast({ v: 1, type: "events", from: 5, events: [] });
    await settled();
    kernel.answer();
    expect(links).toEqual(["connecting", "absent", "connecting", "live"]);
    expect(kernel.comms).toHaveLength(1);
  });

  it("a comm of another version is not answered, and the problem says what to update", async () => {
    begin({});
    await settled();
    kernel.announce(2);
    expect(kernel.comms).toEqual([]);
    expect(links.at(-1)).toBe("incompatible");
    expect(link.problem).toContain("Update the older one");
  });

  it("[N6] a second notebook on the kernel says so at once: nothing of the other's pipeline is shown, and it is not asked again", async () => {
    begin(marked);
    await settled();
    const snapshots: unknown[] = [];
    session.updates$.subscribe((update) => snapshots.push(update));
    const notebook = { name: "owner.ipynb", uid: "u", isGuest: true };
    const snapshot = { v: 1, type: "snapshot", seq: 0, view: {}, stagebook: "0.1.0", notebook };
    kernel.comms[0]!.onMsg({ content: { data: snapshot } });
    expect(link).toMatchObject({ connection: "absent", problem: expect.stringContaining("runs on the kernel of owner.ipynb") as string }); // prettier-ignore
    expect(snapshots).toEqual([]);
    expect(kernel.comms[0]!.isDisposed).toBe(true);
    context.iopubMessage.emit({ header: { msg_type: "comm_msg" }, content: { comm_id: "another", data: { v: 1, from: 1 } } }); // prettier-ignore
    await settled();
    expect(kernel.comms).toHaveLength(1);
    session.sync();
    await settled();
    expect(kernel.comms).toHaveLength(2);
  });

  it("[N6] a connection without comms uses that of another notebook in the window, and becomes it when that one is closed", async () => {
    const [first, second] = [new FakeKernelConnection(marked), new FakeKernelConnection(marked)];
    second.handleComms = false;
    context = new FakeContext(second);
    let carrier: FakeKernelConnection | null = null;
    const page = { notebook: () => "b.ipynb", root: "/r", findCarrier: () => carrier as never };
    session = new KernelSession(context as unknown as ISessionContext, page, english);
    session.link$.subscribe((next) => (link = next));
    await settled();
    expect(link).toMatchObject({ connection: "absent", problem: expect.stringContaining("already shown") as string });
    carrier = first;
    session.findCarrier();
    await settled();
    expect(first.comms.map(({ log }) => log)).toEqual([[`open {"v":1,"notebook":"b.ipynb","root":"/r","session":"${second.clientId}"}`]]); // prettier-ignore
    first.answer();
    expect(link.connection).toBe("live");
    carrier = null;
    first.isDisposed = true;
    first.disposed.emitFrom(first);
    await settled();
    expect(second.handleComms).toBe(true);
    expect(second.comms.map(({ log }) => log)).toEqual([[`open {"v":1,"notebook":"b.ipynb","root":"/r"}`]]);
  });

  it("a kernel that is shown elsewhere in the window is not used, and the problem says so", async () => {
    begin(marked);
    const other = new FakeKernelConnection(marked);
    other.handleComms = false;
    context.session = { kernel: other };
    context.kernelChanged.emit({});
    await settled();
    expect(other.comms).toEqual([]);
    expect(link).toEqual({
      connection: "absent",
      problem: "This kernel is already shown by another notebook or console in this window.",
    });
  });
});

describe("restart, loss and change", () => {
  beforeEach(async () => {
    begin(marked);
    await settled();
    kernel.answer();
    links.length = 0;
  });

  it("a restart rejects pending commands, and is emitted once however often it is reported", async () => {
    const pending = send("run");
    kernel.mark = {};
    context.statusChanged.emit("restarting");
    context.statusChanged.emit("autorestarting");
    await expect(pending).rejects.toThrow("the kernel was restarted");
    context.statusChanged.emit("idle");
    context.connectionStatusChanged.emit("connected");
    await settled();
    expect(links).toEqual(["lost", "absent"]);
    kernel.announce();
    await settled();
    kernel.answer();
    expect(links).toEqual(["lost", "absent", "connecting", "live"]);
  });

  it("a comm that the kernel closes, because the page was asleep, is replaced by a new one", async () => {
    const pending = send("run");
    kernel.comms.at(-1)?.onClose();
    await expect(pending).rejects.toThrow("the kernel closed the connection");
    await settled();
    kernel.answer();
    expect(links).toEqual(["lost", "connecting", "live"]);
    expect(kernel.comms.filter(({ isDisposed }) => !isDisposed)).toHaveLength(1);
  });

  it("a comm that the kernel closes before it has answered is not opened again and again", async () => {
    context.statusChanged.emit("restarting");
    context.statusChanged.emit("idle");
    await settled();
    const { length } = kernel.comms;
    kernel.comms.at(-1)?.onClose();
    await settled();
    expect(kernel.comms).toHaveLength(length);
    expect(link.connection).toBe("lost");
  });

  it("a kernel that reports no status after a restart is found by its reply when the connection is restored", async () => {
    kernel.mark = {};
    context.statusChanged.emit("restarting");
    context.connectionStatusChanged.emit("connecting");
    context.connectionStatusChanged.emit("connected");
    await settled();
    expect(links).toEqual(["lost", "absent"]);
  });

  async function disconnected(): Promise<void> {
    context.connectionStatusChanged.emit("connecting");
    context.connectionStatusChanged.emit("connected");
    context.connectionStatusChanged.emit("connected");
    await settled();
  }

  it("a restored connection requests a snapshot on the same comm, and no pending command is rejected", async () => {
    kernel.known = [kernel.comms[0]!.commId];
    let isRejected = false;
    send("run").catch(() => (isRejected = true));
    await disconnected();
    expect(isRejected).toBe(false);
    expect(kernel.comms).toHaveLength(1);
    expect(kernel.comms[0]?.log.slice(1)).toEqual(["run", "sync"]);
    kernel.answer();
    expect(links).toEqual(["lost", "connecting", "live"]);
  });

  it("a kernel that was restarted while the connection was lost is sent nothing, and pending commands are rejected", async () => {
    kernel.mark = {};
    const pending = send("run");
    const rejected = expect(pending).rejects.toThrow("the kernel was restarted");
    await disconnected();
    await rejected;
    expect(kernel.comms[0]?.log.slice(1)).toEqual(["run", "close"]);
    expect(links).toEqual(["lost", "connecting", "absent"]);
  });

  it("a restarted kernel that has Stagebook again gets a new comm", async () => {
    await disconnected();
    expect(kernel.comms.map(({ log }) => log.length)).toEqual([2, 1]);
    kernel.answer();
    expect(links).toEqual(["lost", "connecting", "live"]);
  });

  it("a connection that breaks during a probe: the kernel is probed again", async () => {
    kernel.known = [kernel.comms[0]!.commId];
    const answers: ((info: object) => void)[] = [];
    kernel.requestKernelInfo = () => new Promise((resolve) => answers.push(resolve));
    await disconnected();
    await disconnected();
    answers.at(-1)?.({ content: kernel.mark });
    await settled();
    kernel.answer();
    expect(answers).toHaveLength(2);
    expect(links.at(-1)).toBe("live");
  });

  it("a crashed kernel is lost, and pending commands are rejected", async () => {
    const pending = send("run");
    context.statusChanged.emit("dead");
    await expect(pending).rejects.toThrow("the kernel stopped");
    expect(links).toEqual(["lost"]);
  });

  it("another kernel is probed, and the old one is released", async () => {
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

  it("a late announcement from before a restart opens no comm", async () => {
    kernel.mark = {};
    context.statusChanged.emit("restarting");
    const late = kernel.announce();
    kernel.mark = {};
    await settled();
    expect(late.log).toEqual(["close"]);
    expect(kernel.comms).toHaveLength(1);
    expect(links).toEqual(["lost", "absent"]);
  });

  it("a second import replaces the comm under the same id, and the first one's messages are ignored", async () => {
    const first = kernel.comms[0];
    kernel.announce();
    await settled();
    kernel.answer();
    expect(kernel.comms.map(({ commId }) => commId)).toEqual([first?.commId, first?.commId]);
    first?.onMsg({ content: { data: { v: 2 } } });
    expect(links).toEqual(["connecting", "live"]);
  });

  it("when the notebook is closed, all listeners are removed", () => {
    expect(context.listeners).toBe(5);
    context.disposed.emit();
    expect(context.listeners).toBe(0);
    expect(kernel.targets.size).toBe(0);
    expect(kernel.comms[0]?.log).toContain("close");
  });
});
