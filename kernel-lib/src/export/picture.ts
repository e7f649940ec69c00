/** The graph as a picture and as a cell's output. Loads the layout's library: imported only where a picture is asked for. */
import type { View } from "../protocol";
import { drawView, drawSvg, GRAPH_MIME, lightColors, type ShownGraph } from "../drawing";
import { computeLayout } from "../drawing/layout";

/** The graph as a cell's output: for the page of JupyterLab, as a picture for other programs, and one line per stage. */
export function graphBundle(view: View): Readonly<Record<string, unknown>> {
  const drawing = drawView(view, computeLayout);
  const lines = Object.values(view.stages).map((stage) => `${stage.name} · ${stage.status}`);
  return {
    [GRAPH_MIME]: { ...drawing, label: labelOf(view) } satisfies ShownGraph,
    "image/svg+xml": drawSvg(drawing, lightColors, labelOf(view)),
    "text/plain": lines.join("\n") || "no stages yet",
  };
}

export function toSvg(view: View): string {
  return drawSvg(drawView(view, computeLayout), lightColors, labelOf(view));
}

function labelOf({ stages }: View): string {
  const all = Object.values(stages);
  return all.length === 0
    ? "no stages yet"
    : `pipeline: ${all.map(({ name, status }) => `${name} ${status}`).join(", ")}`;
}
