/** Download of the graph as a file. Called by the export command. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { createDrawing, createMermaid, drawSvg, type DrawingWords, type Picture } from "stagebook/drawing";
import { statusWord } from "../../ui/texts/stage-text";
import { readThemeColors } from "./theme-colors";

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
    save(
      new Blob([`${createMermaid(picture.graph, picture.view, picture.direction)}\n`], { type: "text/vnd.mermaid" }),
      `${name}.mmd`,
    );
    return;
  }
  const svg = drawSvg(createDrawing(picture, wordsIn(trans)), readThemeColors(), name);
  if (format === "svg") save(new Blob([svg], { type: "image/svg+xml" }), `${name}.svg`);
  else save(await drawPng(svg), `${name}.png`);
}

function wordsIn(trans: TranslationBundle): DrawingWords {
  return {
    status: (status) => statusWord(status, trans),
    noResult: trans.__("no result yet"),
    stages: (count) => trans._n("%1 stage", "%1 stages", count),
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
