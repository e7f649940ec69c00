/** Stagebook's icons, in the colors of JupyterLab's theme. */
import { LabIcon } from "@jupyterlab/ui-components";

const svg = (content: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16">${content}</svg>`;

/** Two stages that are inputs of a third. */
export const stagebookIcon = new LabIcon({
  name: "jupyterlab-stagebook:stagebook",
  svgstr: svg(
    '<path class="jp-icon3 stagebook-Icon-line" fill="none" stroke="#616161" stroke-width="1.4" d="M5.5 3.7h1.8c1.6 0 1 4.3 3.2 4.3M5.5 12.3h1.8c1.6 0 1-4.3 3.2-4.3"/>' +
      '<g class="jp-icon3" fill="#616161"><rect x="1" y="1.5" width="4.5" height="4.4" rx="1.2"/><rect x="1" y="10.1" width="4.5" height="4.4" rx="1.2"/><rect x="10.5" y="5.8" width="4.5" height="4.4" rx="1.2"/></g>',
  ),
});

/** Run only what is stale. */
export const runStaleIcon = new LabIcon({
  name: "jupyterlab-stagebook:run-stale",
  svgstr: svg(
    '<path class="jp-icon3" fill="#616161" d="M6.6 5.2v5.6L11 8z"/>' +
      '<path class="jp-icon3 stagebook-Icon-line" fill="none" stroke="#616161" stroke-width="1.4" stroke-linecap="round" d="M13.6 6.2A6 6 0 1 0 14 8"/>' +
      '<path class="jp-icon3" fill="#616161" d="M14.8 3.2v3.9h-3.9z"/>',
  ),
});

/** A lightning bolt: runs automatically. */
export const autoRunIcon = new LabIcon({
  name: "jupyterlab-stagebook:auto-run",
  svgstr: svg('<path class="jp-icon3" fill="#616161" d="M9 1.2 3.6 9h3.6L6.4 14.8 12.6 6.6H8.8z"/>'),
});

/** Run a cell, and first what is stale above it. */
export const runCellIcon = new LabIcon({
  name: "jupyterlab-stagebook:run-cell",
  svgstr: svg(
    '<path class="jp-icon3" fill="#616161" d="M6 8.4v6l5.4-3z"/>' +
      '<path class="jp-icon3 stagebook-Icon-line" fill="none" stroke="#616161" stroke-width="1.3" stroke-linecap="round" d="M3 2.2h10M3 5h10"/>',
  ),
});
