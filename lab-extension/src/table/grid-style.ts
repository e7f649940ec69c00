/** JupyterLab's colors and fonts for the grid, which draws on a canvas. */
import { DataGrid } from "@lumino/datagrid";

export interface GridLook {
  readonly style: DataGrid.Style;
  readonly text: string;
  readonly secondary: string;
  readonly bars: string;
  readonly font: string;
  readonly headFont: string;
  readonly smallFont: string;
}

/** The style of the current theme, as the node inherits it. */
export function readLook(node: HTMLElement): GridLook {
  const probe = node.appendChild(document.createElement("span"));
  const color = (value: string): string => {
    probe.style.color = value;
    return getComputedStyle(probe).color;
  };
  const variable = (name: string): string => getComputedStyle(node).getPropertyValue(name).trim();
  const [ui, code] = [variable("--jp-ui-font-family"), variable("--jp-code-font-family")];
  const brand = (percent: number): string =>
    color(`color-mix(in srgb, var(--jp-brand-color1) ${percent}%, transparent)`);
  const [plain, header, line] = [color("var(--jp-layout-color1)"), color("var(--jp-layout-color2)"), color("var(--jp-border-color2)")]; // prettier-ignore
  const look: GridLook = {
    style: {
      ...DataGrid.defaultStyle,
      voidColor: plain,
      backgroundColor: plain,
      gridLineColor: line,
      headerBackgroundColor: header,
      headerGridLineColor: line,
      selectionFillColor: brand(16),
      selectionBorderColor: brand(80),
      cursorFillColor: brand(24),
      cursorBorderColor: brand(100),
      headerSelectionFillColor: brand(16),
      headerSelectionBorderColor: brand(60),
    },
    text: color("var(--jp-ui-font-color1)"),
    secondary: color("var(--jp-ui-font-color2)"),
    bars: brand(55),
    font: `12px ${code}`,
    headFont: `600 12px ${ui}`,
    smallFont: `11px ${ui}`,
  };
  probe.remove();
  return look;
}
