/**
 * Layouts by the shape of their graph. Those of large graphs outlive the page: what was seen before is there at once when the page is
 * loaded again. Used by LayoutQueue.
 */
import { get, set } from "idb-keyval";
import type { Layout, LayoutRequest } from "./layout";
import { layoutKey } from "./layout";

/** What outlives the page: one value. Either may reject. */
export interface StoredValue {
  load(): Promise<unknown>;
  save(value: unknown): Promise<void>;
}

const NAME = "stagebook:layouts";

/** In the browser's database. */
export const browserLayouts: StoredValue = { load: () => get<unknown>(NAME), save: (value) => set(NAME, value) };

/** How many shapes are remembered: enough for going to and fro between a few notebooks. */
const MAX_IN_MEMORY = 32;
/** How many are kept in the browser, and from how many nodes on: smaller ones are laid out as fast as they are read. */
const MAX_STORED = 4;
const STORED_FROM_NODES = 100;
/** Counts up with each change of `computeLayout`: what an earlier version has kept is not read. */
const FORMAT = 1;

/** The newest first; `key`: the shape. */
type StoredLayouts = readonly { readonly key: string; readonly layout: Layout }[];

export class LayoutCache {
  private readonly inMemory = new Map<string, Layout>();
  private stored: Promise<StoredLayouts> | undefined;

  /** Without `browser` nothing outlives the page. */
  constructor(private readonly browser?: StoredValue) {}

  /** What this page has seen. */
  find(request: LayoutRequest): Layout | undefined {
    return this.inMemory.get(layoutKey(request));
  }

  /** What an earlier page has kept. Never rejects. */
  async fetch(request: LayoutRequest): Promise<Layout | undefined> {
    if (request.nodes.length < STORED_FROM_NODES) return undefined;
    const key = layoutKey(request);
    const layout = (await this.readStored()).find((each) => each.key === key)?.layout;
    if (layout) this.addToMemory(key, layout);
    return layout;
  }

  /** Resolves when it is kept, as far as it is. Never rejects. */
  async add(request: LayoutRequest, layout: Layout): Promise<void> {
    const key = layoutKey(request);
    this.addToMemory(key, layout);
    if (request.nodes.length < STORED_FROM_NODES || !this.browser) return;
    const before = (await this.readStored()).filter((each) => each.key !== key);
    const kept = [{ key, layout }, ...before].slice(0, MAX_STORED);
    this.stored = Promise.resolve(kept);
    try {
      await this.browser.save({ format: FORMAT, kept });
    } catch (cause) {
      // No room, or a private window that keeps nothing: it is laid out again next time.
      console.warn("stagebook: cannot keep the layout of a graph", cause);
    }
  }

  private addToMemory(key: string, layout: Layout): void {
    this.inMemory.set(key, layout);
    const [oldest] = this.inMemory.keys();
    if (this.inMemory.size > MAX_IN_MEMORY && oldest !== undefined) this.inMemory.delete(oldest);
  }

  private readStored(): Promise<StoredLayouts> {
    return (this.stored ??= this.loadStored());
  }

  private async loadStored(): Promise<StoredLayouts> {
    try {
      const stored = (await this.browser?.load()) as { format?: unknown; kept?: unknown } | null | undefined;
      return stored?.format === FORMAT && Array.isArray(stored.kept) ? (stored.kept as StoredLayouts) : [];
    } catch {
      // A private window may have no database: as if nothing were kept.
      return [];
    }
  }
}
