/**
 * Layouts by the shape of their graph. Layouts of large graphs are also stored in the browser, so that they are available
 * immediately when the page is reloaded. Used by LayoutQueue.
 */
import { get, set } from "idb-keyval";
import type { Layout, LayoutRequest } from "stagebook/drawing";
import { layoutKey } from "stagebook/drawing";

/** One value that outlives the page. Both methods may reject. */
export interface StoredValue {
  load(): Promise<unknown>;
  save(value: unknown): Promise<void>;
}

const NAME = "stagebook:layouts";

/** The layouts in the browser's IndexedDB. */
export const browserLayouts: StoredValue = { load: () => get<unknown>(NAME), save: (value) => set(NAME, value) };

/** Number of shapes in memory: enough for switching between a few notebooks. */
const MAX_IN_MEMORY = 32;
/** Number of shapes in the browser. */
const MAX_STORED = 4;
/** Smaller graphs are not stored: computing their layout takes no longer than reading it. */
const STORED_FROM_NODES = 100;
/** Incremented with each change of `computeLayout`: layouts of earlier versions are ignored. */
const FORMAT = 3;

/** Newest first; `key` identifies the shape. */
type StoredLayouts = readonly { readonly key: string; readonly layout: Layout }[];

export class LayoutCache {
  private readonly inMemory = new Map<string, Layout>();
  private stored: Promise<StoredLayouts> | undefined;

  /** Without `browser`, nothing outlives the page. */
  constructor(private readonly browser?: StoredValue) {}

  /** The layout of a shape that this page has already used. */
  find(request: LayoutRequest): Layout | undefined {
    return this.inMemory.get(layoutKey(request));
  }

  /** The layout that an earlier page has stored. Never rejects. */
  async fetch(request: LayoutRequest): Promise<Layout | undefined> {
    if (request.nodes.length < STORED_FROM_NODES) return undefined;
    const key = layoutKey(request);
    const layout = (await this.readStored()).find((each) => each.key === key)?.layout;
    if (layout) this.addToMemory(key, layout);
    return layout;
  }

  /** Resolves when the layout is stored, or could not be. Never rejects. */
  async add(request: LayoutRequest, layout: Layout): Promise<void> {
    const key = layoutKey(request);
    this.addToMemory(key, layout);
    if (request.nodes.length < STORED_FROM_NODES || !this.browser) return;
    const before = (await this.readStored()).filter((each) => each.key !== key);
    const layouts = [{ key, layout }, ...before].slice(0, MAX_STORED);
    this.stored = Promise.resolve(layouts);
    try {
      await this.browser.save({ format: FORMAT, layouts });
    } catch (cause) {
      // The quota is exceeded, or a private window stores nothing: the next page computes the layout again.
      console.warn("stagebook: cannot store the layout of a graph", cause);
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
      const value = (await this.browser?.load()) as { format?: unknown; layouts?: unknown } | null | undefined;
      return value?.format === FORMAT && Array.isArray(value.layouts) ? (value.layouts as StoredLayouts) : [];
    } catch {
      // A private window may have no database: same as an empty one.
      return [];
    }
  }
}
