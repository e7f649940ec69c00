/**
 * Cells of guests: notebooks that use a kernel which belongs to another one. A copied notebook has the same cell ids as its original, so
 * their ids are extended by the path of the guest.
 */
import path from "node:path";
import type { CellId } from "../../protocol";

/** No cell id and no other path contains it. */
const SEPARATOR = "#";

/** `notebook`: the path of the guest. */
export function guestCell(notebook: string, cell: CellId): CellId {
  return `${notebook}${SEPARATOR}${cell}` as CellId;
}

/** The name of the guest that the cell belongs to; undefined for a cell of the kernel's own notebook. */
export function guestOfCell(cell: CellId): string | undefined {
  const at = cell.lastIndexOf(SEPARATOR);
  return at < 0 ? undefined : path.posix.basename(cell.slice(0, at));
}
