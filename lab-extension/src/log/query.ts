/** The query language of the log's search field: text and field comparisons. Pure; called by the filter for each line. */
import type { Json, LogRecord } from "stagebook/protocol";
import { fieldsText, plainText } from "./record-text";

/** A parsed search. */
export interface Query {
  /** In lower case; empty for no text. */
  readonly text: string;
  /** All must be satisfied. */
  readonly comparisons: readonly Comparison[];
}

interface Comparison {
  /** A path with dots for nested fields. */
  readonly name: string;
  readonly operator: ">" | "<" | ">=" | "<=" | "!=";
  /** As typed. */
  readonly operand: string;
}

/** `slow rows>1000 code!=E7` is parsed to the text `slow` and two comparisons. */
export function parseQuery(typed: string): Query {
  if (last?.typed === typed) return last.query;
  const comparisons: Comparison[] = [];
  const text = typed.replace(COMPARISON, (_all, name: string, operator: Comparison["operator"], operand: string) => {
    comparisons.push({ name, operator, operand });
    return " ";
  });
  // Without comparisons, the text is searched as typed, including spaces.
  const query = { text: (comparisons.length > 0 ? text.trim() : typed).toLowerCase(), comparisons };
  last = { typed, query };
  return query;
}

export function hasComparison(typed: string): boolean {
  return parseQuery(typed).comparisons.length > 0;
}

export function matchesQuery(record: LogRecord, query: Query): boolean {
  return (
    (query.text === "" || searchText(record).includes(query.text)) &&
    query.comparisons.every((comparison) => satisfies(record, comparison))
  );
}

/** All lines of a pass share one parse. */
let last: { readonly typed: string; readonly query: Query } | undefined;

const COMPARISON = /(?:^|(?<=\s))([\p{L}_$][\p{L}\p{N}_$.-]*)(>=|<=|!=|>|<)(\S+)(?=\s|$)/gu;

function satisfies({ fields }: LogRecord, { name, operator, operand }: Comparison): boolean {
  const value = findField(fields, name);
  if (value === undefined) return false;
  if (operator === "!=") return String(typeof value === "object" ? JSON.stringify(value) : value) !== operand;
  const number = Number(operand);
  if (typeof value !== "number" || Number.isNaN(number)) return false;
  switch (operator) {
    case ">":
      return value > number;
    case "<":
      return value < number;
    case ">=":
      return value >= number;
    case "<=":
      return value <= number;
  }
}

/** The name of a field may itself contain dots. */
function findField(fields: Json, name: string): Json | undefined {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) return undefined;
  const table = fields as { readonly [name: string]: Json };
  if (Object.hasOwn(table, name)) return table[name];
  const dot = name.indexOf(".");
  const head = name.slice(0, dot);
  return dot > 0 && Object.hasOwn(table, head) ? findField(table[head] ?? null, name.slice(dot + 1)) : undefined;
}

/** Computed once per record: each keystroke in the search field scans up to 100,000 of them. */
function searchText(record: LogRecord): string {
  const known = searchTexts.get(record);
  if (known !== undefined) return known;
  const text = `${plainText(record.message)}\n${record.stage ?? ""}\n${fieldsText(record)}`.toLowerCase();
  searchTexts.set(record, text);
  return text;
}

const searchTexts = new WeakMap<LogRecord, string>();
