/** One notebook's kernel through its life: found, restarted, lost, changed. JupyterLab's side is played by the test. */
import type { ISessionContext } from "@jupyterlab/apputils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KernelSession } from "../../../lab-extension/src/session/kernel-session";
import { fakeStorage, FakeContext, FakeKernelConnection } from "./jupyter-fixture";
import { english } from "../stage/stage-fixture";

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
  vi.stubGlobal("sessionStorage", fakeStorage());
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
    await settled();
    kernel.answer();
    expect(links).toEqual(["connecting", "absent", "connecting", "live"]);
  });

  it("a kernel whose announcement was lost is found by what it says to others", async () => {
    begin({});
    await settled();
    kernel.mark = marked;
    const say = (data: object): void =>
      context.iopubMessage.emit({ header: { msg_type: "comm_msg" }, content: { comm_id: "another", data } });
    say({ method: "update", state: {} });
    await settled();
    expect(kernel.comms).toEqual([]);
    say({ v: 1, type: "events", from: 5, events: [] });
    say({ v: 1, type: "events", from: 5, events: [] });
    await settled();
    kernel.answer();
    expect(links).toEqual(["connecting", "absent", "connecting", "live"]);
    expect(kernel.comms).toHaveLength(1);
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
    await settled();
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

  async function disconnected(): Promise<void> {
    context.connectionStatusChanged.emit("connecting");
    context.connectionStatusChanged.emit("connected");
    context.connectionStatusChanged.emit("connected");
    await settled();
  }

  it("a connection that comes back asks for a snapshot on the same comm, and nothing pending is rejected", async () => {
    kernel.known = [kernel.comms[0]!.commId];
    let isRejected = false;
    session.send({ type: "run" }).catch(() => (isRejected = true));
    await disconnected();
    expect(isRejected).toBe(false);
    expect(kernel.comms).toHaveLength(1);
    expect(kernel.comms[0]?.log.slice(1)).toEqual(["run", "sync"]);
    kernel.answer();
    expect(links).toEqual(["lost", "connecting", "live"]);
  });

  it("a kernel that was restarted while the connection was lost is sent nothing, and what was pending is rejected", async () => {
    kernel.mark = {};
    const pending = session.send({ type: "run" });
    const rejected = expect(pending).rejects.toThrow("the kernel was restarted");
    await disconnected();
    await rejected;
    expect(kernel.comms[0]?.log.slice(1)).toEqual(["run", "close"]);
    expect(links).toEqual(["lost", "connecting", "absent"]);
  });

  it("one that was restarted and has Stagebook again is opened a new comm", async () => {
    await disconnected();
    expect(kernel.comms.map(({ log }) => log.length)).toEqual([2, 1]);
    kernel.answer();
    expect(links).toEqual(["lost", "connecting", "live"]);
  });

  it("a connection that breaks while the kernel is asked: it is asked again", async () => {
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

  it("late news of a kernel that was restarted meanwhile is no reason to speak to it", async () => {
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

  it("when the notebook is closed nothing listens any more", () => {
    expect(context.listeners).toBe(5);
    context.disposed.emit();
    expect(context.listeners).toBe(0);
    expect(kernel.targets.size).toBe(0);
    expect(kernel.comms[0]?.log).toContain("close");
  });
});
