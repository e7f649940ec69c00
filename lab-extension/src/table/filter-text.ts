/** The parser of the text in a column's filter. Pure. */
import type { TableComparison, TableFilter } from "stagebook/protocol";

/**
 * `a text`: contained; `=4.5`, `!=a`, `<5`, `<=5`, `>5`, `>=5`: compared; `4..5`, `4..`, `..5`: a range, both ends included; `4.5` in
 * a column of numbers and `2026-01` in one of dates: equal; `!`: no value; `*`: any value. Spaces around are ignored.
 */
export function readFilter(column: number, typed: string, type: string): readonly TableFilter[] {
  const text = typed.trim();
  if (text === "") return [];
  const filter = (is: TableComparison, value = ""): TableFilter => ({ column, is, value: value.trim() });
  if (text === "!") return [filter("missing")];
  if (text === "*") return [filter("present")];
  const compared = /^(=|!=|<=|>=|<|>)(.+)$/s.exec(text);
  if (compared) return [filter(compared[1] as TableComparison, compared[2])];
  const isOrdered = type === "number" || type === "Date" || type === "bigint";
  const range = isOrdered ? /^(.*?)\.\.(.*)$/s.exec(text) : null;
  if (range) {
    const [, from = "", to = ""] = range;
    return [...(from.trim() ? [filter(">=", from)] : []), ...(to.trim() ? [filter("<=", to)] : [])];
  }
  const isWhole =
    type === "number" || type === "bigint" ? isNumber(text) : type === "Date" && /^\d{4}(-\d\d){0,2}$/.test(text);
  return [isWhole || type === "boolean" ? filter("=", text) : filter("contains", text)];
}

const isNumber = (text: string): boolean => text === "NaN" || !Number.isNaN(Number(text));
