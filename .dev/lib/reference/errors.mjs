/** The reference of error codes, from every `new StagebookError(code, message, advice)` in the sources. */
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { root } from "../project.mjs";
import { parseFile } from "./syntax.mjs";

/** Areas by source folder, in the order of the page. A code that occurs in several areas is listed in the first. */
const areas = [
  { title: "Defining stages and parameters", folders: ["stage"] },
  { title: "Keys and graph", folders: ["graph", "key", "scopes"] },
  { title: "Stores", folders: ["store"] },
  { title: "Running", folders: ["run", "pipeline.ts", "pipeline-api.ts", "pipeline-context.ts", "index.ts"] },
  { title: "Worker threads", folders: ["run/shipping", "run/threads"] },
  { title: "Notebook and page", folders: ["notebook", "table", "preview", "events", "export"] },
  { title: "Command line", folders: ["cli"] },
];

/** @typedef {{ readonly code: string, readonly message: string, readonly advice: string, readonly file: string }} ErrorText */

const sources = join(root, "kernel-lib", "src");
const classes = ["StagebookError", "UsageError"];

/** Creates the page. @returns {{ file: string, text: string }[]} */
export function createErrorPage() {
  const found = listSources(sources).flatMap((file) => errorsIn(parseFile(file), relative(sources, file)));
  const byArea = new Map(areas.map(({ title }) => [title, /** @type {Map<string, ErrorText[]>} */ (new Map())]));
  /** @type {Map<string, ErrorText[]>} */
  const byCode = new Map();
  for (const error of found) byCode.set(error.code, [...(byCode.get(error.code) ?? []), error]);
  for (const [code, errors] of byCode) {
    const inAreas = new Set(errors.map(({ file }) => areaOf(file)));
    const area = areas.find(({ title }) => inAreas.has(title));
    if (area) byArea.get(area.title)?.set(code, errors);
  }
  const sections = [...byArea].flatMap(([title, codes]) => [
    `## ${title}`,
    ...[...codes].sort(byName).map(([code, errors]) => codeSection(code, errors)),
  ]);
  const intro =
    "Every error is a `StagebookError` with a `code`, a message and an `advice`. Texts in `‹…›` stand for names and values. " +
    "Generated from the sources by `npm run api`; edit the errors there, not this file.";
  return [{ file: "errors.md", text: ["# Errors", intro, ...sections].join("\n\n") }];
}

/** @param {readonly [string, unknown]} a @param {readonly [string, unknown]} b */
function byName(a, b) {
  return a[0] < b[0] ? -1 : 1;
}

/**
 * @param {string} code
 * @param {readonly ErrorText[]} errors
 */
function codeSection(code, errors) {
  const lines = errors.map(({ message, advice }) => `- ${escape(message)}\\\n  **Fix:** ${escape(advice)}`);
  return `### \`${code}\`\n\n${[...new Set(lines)].join("\n")}`;
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[<*]/g, (sign) => `\\${sign}`).replace(/\n/g, " ");
}

/** @param {string} file */
function areaOf(file) {
  const matches = areas.flatMap(({ title, folders }) =>
    folders.filter((folder) => file === folder || file.startsWith(`${folder}/`)).map((folder) => ({ title, folder })),
  );
  const best = matches.sort((a, b) => b.folder.length - a.folder.length)[0];
  if (!best) throw new Error(`.dev/lib/reference/errors.mjs has no area for ${file}`);
  return best.title;
}

/**
 * The errors that a file can throw. One that is created in a helper function is listed once for each call of the helper in the file.
 * @param {ts.SourceFile} source
 * @param {string} file
 * @returns {ErrorText[]}
 */
function errorsIn(source, file) {
  return findAll(source, isErrorCreation).flatMap((creation) => {
    const helper = helperOf(creation);
    const calls = helper ? callsOf(source, helper.name) : [];
    const contexts =
      helper && calls.length > 0 ? calls.map((call) => bind(helper.parameters, call.arguments)) : [new Map()];
    const [code, message, advice] = creation.arguments ?? [];
    return contexts.flatMap((values) => {
      const codes = code ? choices(code, values) : [];
      return codes.map((each) => ({
        code: each,
        message: message ? textOf(message, values) : "",
        advice: advice ? textOf(advice, values) : "",
        file,
      }));
    });
  });
}

/** @param {ts.Node} node @returns {node is ts.NewExpression} */
function isErrorCreation(node) {
  return ts.isNewExpression(node) && classes.includes(node.expression.getText());
}

/**
 * The codes that an expression can have; none for one that is only known at run time.
 * @param {ts.Expression} node
 * @param {ReadonlyMap<string, ts.Expression>} values
 * @returns {string[]}
 */
function choices(node, values) {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isConditionalExpression(node)) return [...choices(node.whenTrue, values), ...choices(node.whenFalse, values)];
  const value = ts.isIdentifier(node) ? values.get(node.text) : undefined;
  return value ? choices(value, new Map()) : [];
}

/**
 * The text of a message with placeholders.
 * @param {ts.Expression} node
 * @param {ReadonlyMap<string, ts.Expression>} values of the parameters of the helper around it
 * @returns {string}
 */
function textOf(node, values) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return (
      node.head.text + node.templateSpans.map((span) => textOf(span.expression, values) + span.literal.text).join("")
    );
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return textOf(node.left, values) + textOf(node.right, values);
  if (ts.isBinaryExpression(node) && isDefault(node.operatorToken.kind)) return textOf(node.left, values);
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression, values);
  if (ts.isConditionalExpression(node)) {
    const either = [textOf(node.whenTrue, values), textOf(node.whenFalse, values)].filter((text) => text !== "");
    return either.join(either.every((text) => text.length < 12) ? "/" : " / ");
  }
  const value = ts.isIdentifier(node) ? values.get(node.text) : undefined;
  if (value) return textOf(value, new Map());
  return `‹${nameOf(node)}›`;
}

/** @param {ts.SyntaxKind} operator */
function isDefault(operator) {
  return operator === ts.SyntaxKind.QuestionQuestionToken || operator === ts.SyntaxKind.BarBarToken;
}

/**
 * A short name for an expression: its last property, else its first variable.
 * @param {ts.Expression} node
 * @returns {string}
 */
function nameOf(node) {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (ts.isElementAccessExpression(node)) return nameOf(node.expression);
  if (ts.isBinaryExpression(node) && isDefault(node.operatorToken.kind)) return nameOf(node.left);
  if (ts.isCallExpression(node)) {
    const called = node.expression;
    if (
      ts.isPropertyAccessExpression(called) &&
      !["JSON", "Object", "Math", "path"].includes(called.expression.getText())
    )
      return nameOf(called.expression);
    return node.arguments[0] ? nameOf(node.arguments[0]) : "…";
  }
  return "…";
}

/**
 * The function around an error whose parameters appear in the error.
 * @param {ts.NewExpression} creation
 */
function helperOf(creation) {
  for (let node = /** @type {ts.Node} */ (creation); node; node = node.parent) {
    if (!ts.isFunctionLike(node)) continue;
    const name = nameOfFunction(node);
    const parameters = node.parameters.map((parameter) => parameter.name.getText());
    const used = (creation.arguments ?? []).slice(0, 3).flatMap((argument) => findAll(argument, ts.isIdentifier));
    const isDirect = used.some((identifier) => parameters.includes(identifier.text) && isWhole(identifier));
    return name !== undefined && isDirect ? { name, parameters } : undefined;
  }
  return undefined;
}

/** Whether an identifier stands for a whole text or a whole placeholder of a template. @param {ts.Identifier} node */
function isWhole(node) {
  return ts.isTemplateSpan(node.parent) || ts.isNewExpression(node.parent);
}

/** @param {ts.SignatureDeclaration} node */
function nameOfFunction(node) {
  if (node.name && ts.isIdentifier(node.name)) return node.name.text;
  return ts.isVariableDeclaration(node.parent) && ts.isIdentifier(node.parent.name) ? node.parent.name.text : undefined;
}

/**
 * @param {ts.SourceFile} source
 * @param {string} name
 */
function callsOf(source, name) {
  return findAll(source, ts.isCallExpression).filter(({ expression }) =>
    [name, `this.${name}`].includes(expression.getText()),
  );
}

/**
 * @param {readonly string[]} names
 * @param {readonly ts.Expression[]} values
 * @returns {ReadonlyMap<string, ts.Expression>}
 */
function bind(names, values) {
  return new Map(names.flatMap((name, at) => (values[at] ? [[name, values[at]]] : [])));
}

/**
 * @template {ts.Node} T
 * @param {ts.Node} from
 * @param {(node: ts.Node) => node is T} matches
 * @returns {T[]}
 */
function findAll(from, matches) {
  /** @type {T[]} */
  const found = matches(from) ? [from] : [];
  from.forEachChild((child) => void found.push(...findAll(child, matches)));
  return found;
}

/** @param {string} folder @returns {string[]} */
function listSources(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory()
        ? listSources(join(folder, entry.name))
        : entry.name.endsWith(".ts")
          ? [join(folder, entry.name)]
          : [],
    );
}
