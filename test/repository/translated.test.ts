/** The translation of the page: every string that a user reads goes through the translator. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { repository } from "../rig/kernel/notebook-folder";

const folder = join(repository, "lab-extension", "src");
/** Attributes that are displayed or read aloud. */
const shownAttributes = new Set(["title", "alt", "placeholder", "aria-label", "aria-description", "aria-valuetext"]);
/** Properties of commands, widgets, menus and dialogs. */
const shownProperties = new Set(["label", "caption", "usage", "tooltip", "pressedTooltip", "body", "iconLabel"]);
/** Code is the same in every language, and so are names. */
const isWords = (text: string): boolean => /\p{L}{2}/u.test(text);

interface Found {
  readonly where: string;
  readonly text: string;
}

function check(name: string, source: string): Found[] {
  const kind = name.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true, kind);
  const found: Found[] = [];
  const add = (node: ts.Node, text: string): void => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    if (isWords(text)) found.push({ where: `${name}:${line + 1}`, text: text.trim() });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && !isCode(node)) add(node, node.text);
    if (ts.isJsxAttribute(node) && shownAttributes.has(node.name.getText())) addLiteral(node.initializer);
    if (ts.isJsxExpression(node) && ts.isJsxElement(node.parent) && !isCode(node)) addLiteral(node.expression);
    if (ts.isPropertyAssignment(node) && shownProperties.has(node.name.getText())) addLiteral(node.initializer);
    if (ts.isCallExpression(node)) checkTranslated(node);
    ts.forEachChild(node, visit);
  };
  const addLiteral = (node: ts.Node | undefined): void => {
    if (node && (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node))) add(node, textOf(node));
    if (node && ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(addLiteral);
  };
  /** A concatenated text cannot be found in a catalog. */
  const checkTranslated = ({ expression, arguments: args }: ts.CallExpression): void => {
    if (!ts.isPropertyAccessExpression(expression) || !/^(__|_n)$/.test(expression.name.text)) return;
    for (const text of args.slice(0, expression.name.text === "_n" ? 2 : 1))
      if (!ts.isStringLiteral(text))
        found.push({ where: `${name}:${line(text)}`, text: `not a literal: ${text.getText()}` });
  };
  const line = (node: ts.Node): number => file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  visit(file);
  return found;
}

/** Only the fixed words of a template count. */
function textOf(node: ts.StringLiteralLike | ts.TemplateExpression): string {
  return ts.isTemplateExpression(node)
    ? [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join(" ")
    : node.text;
}

function isCode(node: ts.Node): boolean {
  return ts.isJsxElement(node.parent) && node.parent.openingElement.tagName.getText() === "code";
}

test("the check finds untranslated strings, and accepts translated ones", () => {
  const source = `
    const a = <p title="Shown">words {"more words"} {trans.__("fine")} <code>const a = 1;</code> · %</p>;
    commands.addCommand(id, { label: "Run", caption: isOn ? trans.__("on") : "Off now" });
    trans.__("a " + name); trans._n("%1 row", "%1 rows", count); trans.__(\`b \${name}\`);
  `;
  expect(check("a.tsx", source).map(({ text }) => text)).toEqual([
    "Shown",
    "words",
    "more words",
    "Run",
    "Off now",
    'not a literal: "a " + name',
    "not a literal: `b ${name}`",
  ]);
});

test("[U1] every string in the page goes through the translator", () => {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap((name) => check(name, readFileSync(join(folder, name), "utf8")))).toEqual([]);
});
