/** Text of users where control characters have an effect: in a terminal, and in markup. */

/** C0 and C1 controls except tab and line feed; bidirectional overrides; what is not a character in XML. */
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|\p{Surrogate}/gu;
// eslint-disable-next-line no-control-regex
const COLORS = /\u001b\[[\d;:]*m/g;

/** Text that is safe to print: control characters are written as in code, `\u001b`. Lines and tabs stay. */
export function visibleText(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(CONTROLS, (control) => `\\u${(control.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`); // prettier-ignore
}

/** The same on one line: for names, and for the cells of a table. */
export function visibleLine(text: string): string {
  return visibleText(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** The message of a log line, as `visibleText`, without the colors that its author gave it. */
export function visibleMessage(message: string): string {
  return visibleText(message.replace(COLORS, ""));
}

/** JSON text with the control characters escaped that JSON leaves as they are: C1, the line ends of JavaScript, directions. */
export function escapedJson(json: string): string {
  return json.replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`); // prettier-ignore
}

/** Text for HTML and SVG: the characters with a meaning in markup become character references, and those that XML forbids are shown as code. */
export function escapeMarkup(text: string): string {
  return visibleText(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
