/** Download of the graph as a file. Called by the export command. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Picture, PictureColors } from "./picture";
import { createMermaid, createSvg } from "./picture";

export const PICTURE_FORMATS = ["svg", "png", "mermaid"] as const;
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

/** `name` has no extension. The colors are those of the page's theme. */
export async function exportPicture(
  picture: Picture,
  format: PictureFormat,
  name: string,
  trans: TranslationBundle,
): Promise<void> {
  if (format === "mermaid") {
    save(new Blob([createMermaid(picture)], { type: "text/vnd.mermaid" }), `${name}.mmd`);
    return;
  }
  const svg = createSvg(picture, readColors(getComputedStyle(document.body)), trans);
  if (format === "svg") save(new Blob([svg], { type: "image/svg+xml" }), `${name}.svg`);
  else save(await drawPng(svg), `${name}.png`);
}

function readColors(style: CSSStyleDeclaration): PictureColors {
  const read = (name: string): string => style.getPropertyValue(name).trim() || "gray";
  const [warn, error] = [read("--jp-warn-color1"), read("--jp-error-color1")];
  return {
    background: read("--jp-layout-color1"),
    node: read("--jp-layout-color1"),
    source: read("--jp-layout-color2"),
    border: read("--jp-border-color1"),
    text: read("--jp-ui-font-color1"),
    faint: read("--jp-ui-font-color2"),
    edge: read("--jp-ui-font-color3"),
    status: {
      fresh: read("--jp-success-color1"),
      stale: warn,
      pending: warn,
      running: read("--jp-brand-color1"),
      failed: error,
      blocked: error,
    },
  };
}

/** Twice the size, for sharp text; less if the image would be too large for browsers. */
const SCALE = 2;
const MAX_PIXELS = 12_000;

async function drawPng(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const scale = Math.min(SCALE, MAX_PIXELS / image.width, MAX_PIXELS / image.height);
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else reject(new Error("the browser could not create the image"));
    }, "image/png");
  });
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
