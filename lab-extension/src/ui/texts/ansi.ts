/** Parser of ANSI color sequences: turns terminal text into spans with class names. Pure. */

export interface AnsiSpan {
  readonly text: string;
  /** CSS classes, such as `stagebook-ansi-red stagebook-ansi-bold`; empty for plain text. */
  readonly className: string;
}

/** The non-empty spans in order. Sequences that do not set colors are dropped. */
export function parseAnsi(text: string): readonly AnsiSpan[] {
  if (!text.includes("\u001b")) return text === "" ? [] : [{ text, className: "" }];
  const spans: AnsiSpan[] = [];
  let style: Style = plain;
  let from = 0;
  for (const match of text.matchAll(SEQUENCE)) {
    addSpan(spans, text.slice(from, match.index), style);
    if (match[2] === "m") style = styleAfter(style, match[1] ?? "");
    from = match.index + match[0].length;
  }
  addSpan(spans, text.slice(from), style);
  return spans;
}

interface Style {
  readonly color: string | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
}

const plain: Style = { color: null, bold: false, dim: false, italic: false, underline: false };
const colors = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
// eslint-disable-next-line no-control-regex -- terminal colors start with a control character
const SEQUENCE = /\u001b\[([0-9;]*)([A-Za-z])/gu;

function addSpan(spans: AnsiSpan[], text: string, style: Style): void {
  if (text !== "") spans.push({ text, className: classOf(style) });
}

function classOf({ color, bold, dim, italic, underline }: Style): string {
  const words = [color, bold && "bold", dim && "dim", italic && "italic", underline && "underline"];
  return words
    .filter((word) => typeof word === "string")
    .map((word) => `stagebook-ansi-${word}`)
    .join(" ");
}

/** Background colors are ignored: text on them would be unreadable in one of the themes. */
function styleAfter(before: Style, codes: string): Style {
  let style = before;
  const numbers = codes === "" ? [0] : codes.split(";").map(Number);
  for (let at = 0; at < numbers.length; at += 1) {
    const code = numbers[at] ?? 0;
    // A 256-color or 24-bit color: the numbers that follow are its value, not codes.
    if (code === 38 || code === 48) at += numbers[at + 1] === 5 ? 2 : 4;
    else style = { ...style, ...changeOf(code) };
  }
  return style;
}

function changeOf(code: number): Partial<Style> {
  if (code === 0) return plain;
  if (code >= 30 && code <= 37) return { color: colors[code - 30] ?? null };
  if (code >= 90 && code <= 97) return { color: colors[code - 90] ?? null };
  return changes[code] ?? {};
}

const changes: { readonly [code: number]: Partial<Style> } = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  39: { color: null },
};
