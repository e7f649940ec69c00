/** The colors of the graph's picture in the page's theme. */
import type { PictureColors } from "stagebook/drawing";

/** As CSS variables: a picture inside the page changes with the theme. */
export const themeColors: PictureColors = createColors((name) => `var(${name})`);

/** As they are now: for a file. */
export function readThemeColors(): PictureColors {
  const style = getComputedStyle(document.body);
  return createColors((name) => style.getPropertyValue(name).trim() || "gray");
}

function createColors(read: (name: string) => string): PictureColors {
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
