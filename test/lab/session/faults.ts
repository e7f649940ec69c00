/**
 * A kernel and pages with a channel between them that loses, repeats and delays messages, breaks and comes back, while the
 * kernel is restarted and pages are reloaded, all determined by a seed. The kernel's half (events, view, comms, link) and the page's (session,
 * wire, model) are the real ones; JupyterLab and tslab between them are simulated. Called with fake timers.
 */
import { isDeepStrictEqual } from "node:util";
import type { ISessionContext } from "@jupyterlab/apputils";
import { emptyView, type Command, type EventBody, type View } from "stagebook/protocol";
import { vi } from "vitest";
import { EventBus } from "../../../kernel-lib/src/events/bus";
import { namedNotebook } from "../../../kernel-lib/src/store/notebooks/notebook-identity";
import { Comms } from "../../../kernel-lib/src/notebook/page/comms";
import { PageLink } from "../../../kernel-lib/src/notebook/page/page-link";
import { PageNotebooks } from "../../../kernel-lib/src/notebook/page/page-notebooks";
import { PageRequests } from "../../../kernel-lib/src/notebook/page/page-requests";
import { KernelSession } from "../../../lab-extension/src/session/kernel-session";
import { NotebookModel } from "../../../lab-extension/src/model/notebook-model";
import { createRandom } from "../../rig/random";
import { FaultyConnection, type Frame } from "./faulty-connection";
import { FakeContext } from "./jupyter-fixture";
import { randomEvent } from "./random-events";
import { emptyPage } from "../model/model-rig";
import { english } from "../stage/stage-fixture";

export interface FaultReport {
  /** The acts in order, to understand a failing seed. */
  readonly story: readonly string[];
  readonly kernel: View;
  readonly pages: readonly View[];
  /** The connection that each page shows. */
  readonly connections: readonly string[];
  /** Milliseconds from the end of the faults until every page was right; null when it was not. */
  readonly rightAfterMs: number | null;
  /** Comms opened on a kernel that has none: tslab prints a warning into the user's cell. */
  readonly warnings: number;
}

/** One process of a kernel, from start to end. */
class KernelLife {
  bus: EventBus | null = null;
  comms: Comms | null = null;
  warnings = 0;
  private link: PageLink | null = null;

  constructor(
    private readonly life: string,
    private readonly publish: (frame: Frame) => void,
  ) {}

  /** The effect of the cell with the import. */
  importStagebook(): void {
    if (this.bus) return;
    const bus = new EventBus(Date.now);
    const { publish } = this;
    class Message {
      header: { readonly msg_type: string } = { msg_type: "" };
      content: Frame["content"] = {};
      signAndSend(): void {
        publish({ type: this.header.msg_type, content: JSON.parse(JSON.stringify(this.content)) as Frame["content"] });
      }
    }
    this.bus = bus;
    this.comms = new Comms("stagebook", {
      key: "",
      iopub: null as never,
      Message: Message as never,
      header: { session: "", username: "" },
    });
    const notebooks = new PageNotebooks(namedNotebook("a.ipynb"));
    this.link = new PageLink({ bus, comms: this.comms, kernel: this.life, stagebook: "0.1.0", notebooks });
    this.comms.listen(new PageRequests(this.link, notebooks, { execute: (command) => this.execute(command) }));
    this.comms.openNew({ v: 1 });
  }

  emit(body: EventBody): void {
    this.bus?.emit(body);
  }

  /** A comm message of a page. */
  receive({ type, content }: Frame): void {
    if (this.comms) this.comms.handle({ header: { msg_type: type }, content } as never);
    else if (type === "comm_open") this.warnings++;
  }

  end(): void {
    this.link?.close();
    this.bus = this.comms = null;
  }

  private async execute(command: Command): Promise<unknown> {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (command.type === "cancel") this.emit({ type: "cell:running", cell: "asked" as never });
    return null;
  }
}

interface OpenPage {
  readonly connection: FaultyConnection;
  readonly context: FakeContext;
  readonly session: KernelSession;
  readonly model: NotebookModel;
}

/** A kernel with two pages. */
export class World {
  readonly story: string[] = [];
  pages: OpenPage[] = [];
  kernel: KernelLife;
  warnings = 0;
  private lives = 0;

  constructor(private readonly random: () => number) {
    this.kernel = this.newLife();
    this.pages = [this.newPage(0), this.newPage(1)];
  }

  record(text: string): void {
    this.story.push(`${Date.now() % 1e6} ${text}`);
  }

  setFaults(share: number): void {
    for (const { connection } of this.pages) connection.share = share;
  }

  /** Loads page `n`. */
  newPage(n: number): OpenPage {
    const connection = new FaultyConnection({
      random: this.random,
      suffix: n === 0 ? "" : "-1",
      toKernel: (frame) => this.kernel.receive(frame),
      mark: () => (this.kernel.bus ? { stagebook: "0.1.0" } : {}),
      comms: () => this.kernel.comms?.info(null).comms as object | undefined,
    });
    const context = new FakeContext(connection);
    connection.report = {
      status: (status) => context.statusChanged.emit(status),
      connection: (status) => context.connectionStatusChanged.emit(status),
      message: (message) => context.iopubMessage.emit(message),
    };
    const session = new KernelSession(context as unknown as ISessionContext, { notebook: () => "a.ipynb" }, english);
    const model = new NotebookModel({
      page: emptyPage,
      key: "a",
      kernel: session,
      memory: { load: () => Promise.resolve(null), save: () => Promise.resolve() },
      frame: (apply) => {
        const timer = setTimeout(apply, 16);
        return () => clearTimeout(timer);
      },
      remembered: null,
      reportStaleRun: () => undefined,
      runLimit: { limitMs: () => undefined, confirm: () => Promise.resolve(true) },
      trans: english,
    });
    return { connection, context, session, model };
  }

  reload(n: number): void {
    this.close(n);
    const share = this.pages[n]?.connection.share ?? 0;
    this.pages[n] = this.newPage(n);
    this.pages[n].connection.share = share;
  }

  /** If the restart is reported, pages see the status `restarting`; otherwise only a connection that breaks and is restored. */
  restart(isReported: boolean): void {
    this.warnings += this.kernel.warnings;
    this.kernel.end();
    for (const { connection } of this.pages) connection.kernelRestarts(isReported);
    this.kernel = this.newLife();
    for (const { connection } of this.pages) connection.connect();
  }

  close(n: number): void {
    const page = this.pages[n];
    if (!page) return;
    page.connection.isGone = true;
    page.model.dispose();
    page.session.dispose();
  }

  /** The page ends without a word to the kernel: the browser has dropped what it sent. */
  vanish(n: number): void {
    const page = this.pages[n];
    if (page) page.connection.connectionStatus = "connecting";
    this.close(n);
  }

  private newLife(): KernelLife {
    return new KernelLife(`life ${++this.lives}`, (frame) => {
      for (const { connection } of this.pages) connection.fromKernel(frame);
    });
  }
}

/** The acts that may happen, with their weights. */
const acts: readonly (readonly [weight: number, act: (world: World, random: () => number) => void])[] = [
  [
    12,
    (world, random) => {
      const count = 1 + Math.floor(random() ** 3 * 60);
      world.record(`${count} events`);
      for (let n = 0; n < count; n++) world.kernel.emit(randomEvent(random));
    },
  ],
  [
    2,
    (world, random) => {
      world.record("a command");
      const page = world.pages[Math.floor(random() * world.pages.length)];
      page?.model.send({ type: "cancel" }).catch(() => undefined);
    },
  ],
  [
    2,
    (world, random) => {
      const share = random() * 0.5;
      world.record(`from now on a share of ${share.toFixed(2)} of the messages is faulty`);
      world.setFaults(share);
    },
  ],
  [
    2,
    (world, random) => {
      const page = world.pages[Math.floor(random() * world.pages.length)];
      world.record("a connection breaks or is restored");
      if (page?.connection.connectionStatus === "connected") page.connection.disconnect();
      else page?.connection.connect();
    },
  ],
  [
    1,
    (world, random) => {
      const isReported = random() < 0.5;
      world.record(`the kernel is restarted, ${isReported ? "reported" : "not reported"}`);
      world.restart(isReported);
    },
  ],
  [
    2,
    (world) => {
      world.record("the import runs");
      world.kernel.importStagebook();
    },
  ],
  [
    1,
    (world, random) => {
      const n = Math.floor(random() * world.pages.length);
      world.record(`page ${n} is reloaded`);
      world.reload(n);
    },
  ],
];

/** 40 random acts with up to 400 ms between them; then the faults end and nothing more happens. */
export async function playFaults(seed: number): Promise<FaultReport> {
  const random = createRandom(seed);
  const world = new World(random);
  world.kernel.importStagebook();
  const total = acts.reduce((sum, [weight]) => sum + weight, 0);
  for (let step = 0; step < 40; step++) {
    let at = random() * total;
    acts.find(([weight]) => (at -= weight) < 0)?.[1](world, random);
    await vi.advanceTimersByTimeAsync(random() * 400);
  }
  world.kernel.importStagebook();
  world.setFaults(0);
  for (const { connection } of world.pages) connection.connect();
  world.record("the faults end");
  const rightAfterMs = await untilRight(world);
  const report: FaultReport = {
    story: world.story,
    kernel: asJson(world.kernel.bus?.view ?? emptyView),
    pages: world.pages.map(({ model }) => asJson(model.getState().view)),
    connections: world.pages.map(({ model }) => model.getState().connection),
    rightAfterMs,
    warnings: world.warnings + world.kernel.warnings,
  };
  for (const n of world.pages.keys()) world.close(n);
  world.kernel.end();
  // Messages in flight arrive nowhere.
  await vi.advanceTimersByTimeAsync(1000);
  return report;
}

async function untilRight(world: World): Promise<number | null> {
  for (let ms = 0; ms <= 5000; ms += 50) {
    const kernel = asJson(world.kernel.bus?.view ?? emptyView);
    const states = world.pages.map(({ model }) => model.getState());
    if (states.every(({ view, connection }) => connection === "live" && isDeepStrictEqual(asJson(view), kernel)))
      return ms;
    await vi.advanceTimersByTimeAsync(50);
  }
  return null;
}

/** As it is sent over the wire. */
const asJson = (view: View): View => JSON.parse(JSON.stringify(view)) as View;
