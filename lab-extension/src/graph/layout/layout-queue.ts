/**
 * Layouts on demand: asks the worker, remembers the answers by shape. The DAG panel owns one and disposes of it. Where a
 * worker cannot be started (a strict content policy, extensions served from another origin) the page does the work.
 */
import type { IDisposable } from "@lumino/disposable";
import type { Layout, LayoutRequest } from "./layout";
import { layoutKey } from "./layout";
import { LayoutCache } from "./layout-cache";

export interface LayoutTask {
  readonly id: number;
  readonly request: LayoutRequest;
}

export type LayoutReply =
  { readonly id: number; readonly layout: Layout } | { readonly id: number; readonly problem: string };

const DISPOSED = "the layout queue is disposed of";

export class LayoutQueue implements IDisposable {
  constructor(memory = new LayoutCache()) {
    this.#cache = memory;
  }

  /** The layout of a shape that was asked for before. */
  find(request: LayoutRequest): Layout | undefined {
    return this.#cache.find(request);
  }

  /** Rejects when the graph cannot be laid out, or the queue is disposed of. What is under way for the same shape is shared. */
  async layOut(request: LayoutRequest): Promise<Layout> {
    const key = layoutKey(request);
    const known = this.#cache.find(request) ?? this.#inFlight.get(key);
    if (known) return known;
    const placing = this.#loadOrCompute(request);
    this.#inFlight.set(key, placing);
    try {
      return await placing;
    } finally {
      this.#inFlight.delete(key);
    }
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#worker?.terminate();
    this.#worker = null;
    for (const waiting of this.#pending.values()) waiting.reject(new Error(DISPOSED));
    this.#pending.clear();
  }

  async #loadOrCompute(request: LayoutRequest): Promise<Layout> {
    const kept = await this.#cache.fetch(request);
    if (kept) return kept;
    if (this.#isDisposed) throw new Error(DISPOSED);
    const layout = await this.#computeInWorker(request);
    void this.#cache.add(request, layout);
    return layout;
  }

  #computeInWorker(request: LayoutRequest): Promise<Layout> {
    const worker = this.#startWorker();
    if (!worker) return computeInPage(request);
    const id = (this.#lastId += 1);
    return new Promise<Layout>((resolve, reject) => {
      this.#pending.set(id, { request, resolve, reject });
      worker.postMessage({ id, request } satisfies LayoutTask);
    });
  }

  #startWorker(): Worker | null {
    if (this.#worker || this.#workerFailed || this.#isDisposed) return this.#worker;
    try {
      this.#worker = new Worker(new URL("./layout.worker.js", import.meta.url), { type: "module" });
      this.#worker.onmessage = (event: MessageEvent<LayoutReply>) => this.#settle(event.data);
      this.#worker.onerror = () => this.#abandonWorker();
    } catch {
      this.#workerFailed = true;
    }
    return this.#worker;
  }

  #settle(answer: LayoutReply): void {
    const waiting = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ("layout" in answer) waiting?.resolve(answer.layout);
    else waiting?.reject(new Error(answer.problem));
  }

  /** The worker's script did not load: what waits for it is done in the page. */
  #abandonWorker(): void {
    this.#workerFailed = true;
    this.#worker?.terminate();
    this.#worker = null;
    const stranded = [...this.#pending.values()];
    this.#pending.clear();
    for (const { request, resolve, reject } of stranded) computeInPage(request).then(resolve, reject);
  }

  readonly #cache: LayoutCache;
  readonly #inFlight = new Map<string, Promise<Layout>>();
  readonly #pending = new Map<number, PendingReply>();
  #worker: Worker | null = null;
  #workerFailed = false;
  #lastId = 0;
  #isDisposed = false;
}

interface PendingReply {
  readonly request: LayoutRequest;
  readonly resolve: (layout: Layout) => void;
  readonly reject: (problem: Error) => void;
}

/** Loaded only when needed: normally dagre is in the worker's script alone. */
async function computeInPage(request: LayoutRequest): Promise<Layout> {
  const { computeLayout } = await import("./layout");
  return computeLayout(request);
}
