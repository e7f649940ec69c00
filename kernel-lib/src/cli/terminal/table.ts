import { visibleLine } from "../../protocol";

/** Formats rows as lines of aligned columns; empty columns are left out. */
export function alignColumns(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(visibleLine));
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  const used = widths.flatMap((width, at) => (width > 0 ? [at] : []));
  const lines = rows.map((row) => used.map((at) => (row[at] ?? "").padEnd(widths[at] ?? 0)).join("  ").trimEnd()); // prettier-ignore
  return lines.map((line) => `${line}\n`).join("");
}
