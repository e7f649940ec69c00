/**
 * Layouts by the shape of their graph. Those of large graphs outlive the page: what was seen before is there at once when the page is
 * loaded again. Used by LayoutQueue.
 */
import type { KeptTexts } from "../stores/kept-texts";
import type { Layout, LayoutRequest } from "./layout";
import { layoutKey } from "./layout";

/** How many shapes are remembered: enough for going to and fro between a few notebooks. */
const REMEMBERED_SHAPES = 32;
/** How many are kept in the browser, and from how many nodes on: smaller ones are laid out as fast as they are read. */
const KEPT_SHAPES = 4;
const KEPT_FROM = 100;
/** Counts up with each change of `computeLayout`: what an earlier version has kept is forgotten. */
const KEPT_NAME = "stagebook:layouts:1";

type Kept = readonly (readonly [digest: string, layout: Layout])[];

export class LayoutMemory {
  private readonly remembered = new Map<string, Layout>();
  private kept: Kept | undefined;

  /** Without `texts` nothing outlives the page. */
  constructor(private readonly texts?: () => KeptTexts) {}

  find(request: LayoutRequest): Layout | undefined {
    const key = layoutKey(request);
    const known = this.remembered.get(key) ?? this.findKept(request, key);
    if (known) this.remembered.set(key, known);
    return known;
  }

  remember(request: LayoutRequest, layout: Layout): void {
    const key = layoutKey(request);
    this.remembered.set(key, layout);
    const [oldest] = this.remembered.keys();
    if (this.remembered.size > REMEMBERED_SHAPES && oldest !== undefined) this.remembered.delete(oldest);
    if (request.nodes.length >= KEPT_FROM) this.keep(digestOf(key), layout);
  }

  private findKept(request: LayoutRequest, key: string): Layout | undefined {
    if (request.nodes.length < KEPT_FROM) return undefined;
    const digest = digestOf(key);
    const layout = this.readKept().find(([each]) => each === digest)?.[1];
    return layout && request.nodes.every(({ id }) => isPoint(layout.positions[id])) ? layout : undefined;
  }

  private keep(digest: string, layout: Layout): void {
    if (!this.texts) return;
    this.kept = [[digest, layout] as const, ...this.readKept().filter(([each]) => each !== digest)].slice(
      0,
      KEPT_SHAPES,
    );
    try {
      this.texts().setItem(KEPT_NAME, JSON.stringify(this.kept));
    } catch (cause) {
      // No room, or a private window that keeps nothing: it is laid out again next time.
      console.warn("stagebook: cannot keep the layout of a graph", cause);
    }
  }

  private readKept(): Kept {
    return (this.kept ??= this.parseKept());
  }

  private parseKept(): Kept {
    try {
      const parsed: unknown = JSON.parse(this.texts?.().getItem(KEPT_NAME) ?? "[]");
      return Array.isArray(parsed) ? parsed.filter(isKept) : [];
    } catch {
      // Written by something else, or storage that cannot be read: as if nothing were kept.
      return [];
    }
  }
}

function isKept(each: unknown): each is Kept[number] {
  if (!Array.isArray(each) || typeof each[0] !== "string") return false;
  const layout = each[1] as Partial<Layout> | null | undefined;
  return (
    typeof layout?.width === "number" &&
    typeof layout.height === "number" &&
    typeof layout.positions === "object" &&
    typeof layout.routes === "object"
  );
}

function isPoint(point: Partial<{ x: unknown; y: unknown }> | undefined): boolean {
  return typeof point?.x === "number" && typeof point.y === "number";
}

/** FNV-1a twice, once with each character's place: short, and equal for equal texts. */
function digestOf(text: string): string {
  let [a, b] = [0x811c9dc5, 0x9dc5811c];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ (code + at), 0x01000193);
  }
  return `${text.length} ${(a >>> 0).toString(36)} ${(b >>> 0).toString(36)}`;
}
