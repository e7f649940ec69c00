/**
 * Layouts by the shape of their graph. Those of large graphs outlive the page: what was seen before is there at once when the page is
 * loaded again. Used by LayoutQueue.
 */
import { get, set } from "idb-keyval";
import type { Layout, LayoutRequest } from "./layout";
import { layoutKey } from "./layout";

/** What outlives the page: one value. Either may reject. */
export interface KeptValue {
  load(): Promise<unknown>;
  save(value: unknown): Promise<void>;
}

const NAME = "stagebook:layouts";

/** In the browser's database. */
export const browserLayouts: KeptValue = { load: () => get<unknown>(NAME), save: (value) => set(NAME, value) };

/** How many shapes are remembered: enough for going to and fro between a few notebooks. */
const REMEMBERED_SHAPES = 32;
/** How many are kept in the browser, and from how many nodes on: smaller ones are laid out as fast as they are read. */
const KEPT_SHAPES = 4;
const KEPT_FROM = 100;
/** Counts up with each change of `computeLayout`: what an earlier version has kept is not read. */
const FORMAT = 1;

/** The newest first; `key`: the shape. */
type Kept = readonly { readonly key: string; readonly layout: Layout }[];

export class LayoutMemory {
  private readonly remembered = new Map<string, Layout>();
  private kept: Promise<Kept> | undefined;

  /** Without `browser` nothing outlives the page. */
  constructor(private readonly browser?: KeptValue) {}

  /** What this page has seen. */
  find(request: LayoutRequest): Layout | undefined {
    return this.remembered.get(layoutKey(request));
  }

  /** What an earlier page has kept. Never rejects. */
  async fetch(request: LayoutRequest): Promise<Layout | undefined> {
    if (request.nodes.length < KEPT_FROM) return undefined;
    const key = layoutKey(request);
    const layout = (await this.readKept()).find((each) => each.key === key)?.layout;
    if (layout) this.remember(key, layout);
    return layout;
  }

  /** Resolves when it is kept, as far as it is. Never rejects. */
  async add(request: LayoutRequest, layout: Layout): Promise<void> {
    const key = layoutKey(request);
    this.remember(key, layout);
    if (request.nodes.length < KEPT_FROM || !this.browser) return;
    const before = (await this.readKept()).filter((each) => each.key !== key);
    const kept = [{ key, layout }, ...before].slice(0, KEPT_SHAPES);
    this.kept = Promise.resolve(kept);
    try {
      await this.browser.save({ format: FORMAT, kept });
    } catch (cause) {
      // No room, or a private window that keeps nothing: it is laid out again next time.
      console.warn("stagebook: cannot keep the layout of a graph", cause);
    }
  }

  private remember(key: string, layout: Layout): void {
    this.remembered.set(key, layout);
    const [oldest] = this.remembered.keys();
    if (this.remembered.size > REMEMBERED_SHAPES && oldest !== undefined) this.remembered.delete(oldest);
  }

  private readKept(): Promise<Kept> {
    return (this.kept ??= this.loadKept());
  }

  private async loadKept(): Promise<Kept> {
    try {
      const stored = (await this.browser?.load()) as { format?: unknown; kept?: unknown } | null | undefined;
      return stored?.format === FORMAT && Array.isArray(stored.kept) ? (stored.kept as Kept) : [];
    } catch {
      // A private window may have no database: as if nothing were kept.
      return [];
    }
  }
}
