/** Reads declarations and doc comments with the TypeScript compiler. Shared by the generators of the reference. */
import { readFileSync } from "node:fs";
import ts from "typescript";

const printer = ts.createPrinter({ removeComments: true });

/**
 * A source file as a syntax tree, without types.
 * @param {string} file
 */
export function parseFile(file) {
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022, true);
}

/**
 * The text of a node on one line, without comments.
 * @param {ts.Node} node
 */
export function codeOf(node) {
  const text = printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile());
  return text
    .replace(/\s*\n\s*/g, " ")
    .replace(/;$/, "")
    .replace(/;( [}\]])/g, "$1")
    .replace(/\[ (.*?) \]/g, "[$1]");
}

/**
 * The sentences of the doc comment directly before a node, on one line; "" when there is none.
 * @param {ts.Node} node
 */
export function docOf(node) {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return flat(ts.getTextOfJSDocComment(comments.at(-1)?.comment));
}

/**
 * The doc comment that ends before a position, as of a member of a union, which the compiler attaches to no node.
 * @param {string} text of the file
 * @param {number} start where the comment may begin
 */
export function docBefore(text, start) {
  const comment = ts.getLeadingCommentRanges(text, start)?.at(-1);
  if (!comment) return "";
  const lines = text.slice(comment.pos, comment.end).replace(/^\/\*\*|\*\/$/g, "");
  return flat(lines.replace(/^\s*\* ?/gm, ""));
}

/** @param {string | undefined} text */
function flat(text = "") {
  return text.replace(/\s*\n\s*/g, " ").trim();
}

/**
 * Inline code that may hold backticks.
 * @param {string} text
 */
export function inlineCode(text) {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/**
 * An item of a list: code, and what it means.
 * @param {string} code
 * @param {string} doc
 */
export function item(code, doc) {
  return `- ${inlineCode(code)}${doc === "" ? "" : `: ${doc}`}`;
}
