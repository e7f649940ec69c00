/**
 * The queue of layouts to compute: sends them to a worker and caches the replies by shape. Owned and disposed by GraphPanel.
 * Where a worker cannot be started (strict content security policy, extensions served from another origin), the page
 * computes the layout itself.
 */
import type { IDisposable } from "@lumino/disposable";
import type { Layout, LayoutRequest } from "stagebook/drawing";
import { layoutKey } from "stagebook/drawing";
import { LayoutCache } from "./layout-cache";

export interface LayoutTask {
  readonly id: number;
  readonly request: LayoutRequest;
}

export type LayoutReply =
  { readonly id: number; readonly layout: Layout } | { readonly id: number; readonly problem: string };

const DISPOSED = "the layout queue is disposed";

export class LayoutQueue implements IDisposable {
  constructor(cache = new LayoutCache()) {
    this.#cache = cache;
  }

  /** The layout of a shape that was requested before. */
  find(request: LayoutRequest): Layout | undefined {
    return this.#cache.find(request);
  }

  /**
   * Requests for a shape that is already in flight share its layout. Rejects when the graph cannot be laid out or the queue
   * is disposed.
   */
  async layOut(request: LayoutRequest): Promise<Layout> {
    const key = layoutKey(request);
    const known = this.#cache.find(request) ?? this.#inFlight.get(key);
    if (known) return known;
    const layout = this.#loadOrCompute(request);
    this.#inFlight.set(key, layout);
    try {
      return await layout;
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
    for (const pending of this.#pending.values()) pending.reject(new Error(DISPOSED));
    this.#pending.clear();
  }

  async #loadOrCompute(request: LayoutRequest): Promise<Layout> {
    const stored = await this.#cache.fetch(request);
    if (stored) return stored;
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

  #settle(reply: LayoutReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if ("layout" in reply) pending?.resolve(reply.layout);
    else pending?.reject(new Error(reply.problem));
  }

  /** The worker's script did not load: the page computes the pending layouts. */
  #abandonWorker(): void {
    this.#workerFailed = true;
    this.#worker?.terminate();
    this.#worker = null;
    const abandoned = [...this.#pending.values()];
    this.#pending.clear();
    for (const { request, resolve, reject } of abandoned) computeInPage(request).then(resolve, reject);
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

/** Loaded on demand: normally only the worker's script contains dagre. */
async function computeInPage(request: LayoutRequest): Promise<Layout> {
  const { computeLayout } = await import("stagebook/drawing/layout");
  return computeLayout(request);
}
