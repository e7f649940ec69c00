/** Space for a widget in the split panel around it. Used by PanelPlacement in Notebook, which makes its areas as small as possible. */
import { SplitPanel } from "@lumino/widgets";
import type { Widget } from "@lumino/widgets";
import { withRoom } from "./shares";

/**
 * Makes the widget's part of the nearest split panel around it at least `wanted` pixels wide or high, by shrinking the largest part.
 * The user can change it afterwards.
 */
export function giveRoom(widget: Widget, wanted: number): void {
  let part = widget;
  while (part.parent !== null && !(part.parent instanceof SplitPanel)) part = part.parent;
  const split = part.parent;
  if (!(split instanceof SplitPanel)) return;
  const { clientWidth, clientHeight } = split.node;
  const size = split.orientation === "horizontal" ? clientWidth : clientHeight;
  if (size === 0) return;
  split.setRelativeSizes(withRoom(split.relativeSizes(), split.widgets.indexOf(part), wanted / size));
}
