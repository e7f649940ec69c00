/** The output of `show(pipeline)` in a notebook: the picture that the kernel has laid out, in the colors of the page. */
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import { drawSvg, GRAPH_MIME, type ShownGraph } from "stagebook/drawing";
import { themeColors } from "./canvas/theme-colors";
import { shownGraphIn } from "./model/shown-graph";

/** A wide graph shrinks so far, that names of 13 px have 11 px; then it scrolls. */
const SMALLEST = 11 / 13;

/** Preferred to the SVG beside it, which is for programs that do not know this type. */
export function createGraphFactory(trans: TranslationBundle): IRenderMime.IRendererFactory {
  return {
    // Every text of the picture is escaped when it is drawn.
    safe: true,
    mimeTypes: [GRAPH_MIME],
    defaultRank: 10,
    createRenderer: () => new GraphOutput(trans),
  };
}

class GraphOutput extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly trans: TranslationBundle) {
    super();
    this.addClass("stagebook-GraphOutput");
  }

  renderModel({ data }: IRenderMime.IMimeModel): Promise<void> {
    const shown = shownGraphIn(data[GRAPH_MIME]);
    if (!shown) this.node.textContent = this.trans.__("This picture was saved by another version of Stagebook.");
    else if (shown.nodes.length === 0) this.node.textContent = shown.label;
    else this.draw(shown);
    return Promise.resolve();
  }

  private draw(shown: ShownGraph): void {
    this.node.innerHTML = drawSvg(shown, themeColors, shown.label);
    const svg = this.node.querySelector("svg");
    if (svg) svg.style.minWidth = `${Math.ceil(SMALLEST * Number(svg.getAttribute("width")))}px`;
  }
}
