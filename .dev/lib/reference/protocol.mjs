/** The reference of the wire protocol: commands from their JSON Schemas, messages, events and data types from the declarations. */
import { createRequire } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import { root } from "../project.mjs";
import { codeOf, docBefore, docOf, item, parseFile } from "./syntax.mjs";

const folder = join(root, "kernel-lib", "src", "protocol");
const read = (/** @type {string} */ name) => parseFile(join(folder, `${name}.ts`));

/** The files whose types messages, events and replies carry. */
const dataFiles = ["plan", "params", "events", "wire/commands", "preview", "view"];
/** Documented in sections of their own, or no data. */
const notData = ["Command", "CommandType", "EventBody", "CommandResults", "Result"];

/** Creates the page. @returns {{ file: string, text: string }[]} */
export function createProtocolPage() {
  const text = [
    "# The protocol: messages, commands, events",
    "Kernel and page exchange JSON over the Jupyter comm `stagebook`. Durations end in `Ms` (milliseconds), sizes in `Bytes`; times are " +
      "epoch milliseconds. Generated from `kernel-lib/src/protocol` by `npm run api`; edit the sources, not this file.",
    "## Messages",
    constants(),
    unionSection("### From the kernel", read("wire/messages"), "KernelMessage"),
    "### From the page\n\nA command with `v: 1`, a unique `id` and its fields. The kernel checks it against the schema before it acts; a " +
      "refused command changes nothing, and the reply names the field that is wrong and what is expected.",
    "## Commands",
    ...commands(),
    "## Events",
    "Every event also has `seq`, counted without gaps within one kernel, and `at`.",
    ...events(),
    "## Data types",
    ...dataFiles.flatMap((name) => dataTypes(read(name))),
  ];
  return [{ file: "protocol.md", text: text.join("\n\n") }];
}

function constants() {
  return read("wire/messages")
    .statements.filter(ts.isVariableStatement)
    .flatMap((statement) =>
      statement.declarationList.declarations.map((each) =>
        item(`${each.name.getText()} = ${each.initializer?.getText()}`, docOf(statement)),
      ),
    )
    .join("\n");
}

/** @returns {string[]} */
function commands() {
  const { commandSchemas } = createRequire(import.meta.url)(join(root, "kernel-lib", "lib", "protocol", "index.js"));
  const replies = new Map(
    declaration(read("wire/commands"), "CommandResults", ts.isInterfaceDeclaration)
      .members.filter(ts.isPropertySignature)
      .map((each) => {
        const name = ts.isStringLiteral(each.name) ? each.name.text : each.name.getText();
        return [
          name,
          item(each.type ? codeOf(each.type).replaceAll("readonly ", "") : "", docOf(each)).replace(
            /^- /,
            "**Reply:** ",
          ),
        ];
      }),
  );
  return Object.entries(commandSchemas).map(([type, schema]) => {
    const fields = Object.entries(schema.properties).map(([name, field]) =>
      item(
        `${name}${schema.required.includes(name) ? "" : "?"}: ${typeOf(field)}`,
        [`${field.title}.`, field.description].filter(Boolean).join(" "),
      ),
    );
    return [`### ${type}`, schema.description, fields.join("\n"), replies.get(type)].filter(Boolean).join("\n\n");
  });
}

/** @param {{ readonly type: string, readonly items?: { readonly type: string } }} field @returns {string} */
function typeOf({ type, items }) {
  return items ? `${typeOf(items)}[]` : type;
}

/** @returns {string[]} */
function events() {
  return membersOfUnion(read("events"), "EventBody").map(({ node, doc }) => {
    const fields = node.members.filter(ts.isPropertySignature);
    const type = fields.find((field) => field.name.getText() === "type")?.type;
    const name = type ? codeOf(type).replaceAll('"', "") : "";
    if (doc === "") throw new Error(`the event ${name} has no doc comment`);
    return [`### ${name}`, doc, fieldList(fields.filter((field) => field.name.getText() !== "type"))]
      .filter(Boolean)
      .join("\n\n");
  });
}

/**
 * @param {ts.SourceFile} source
 * @returns {string[]}
 */
function dataTypes(source) {
  return source.statements.flatMap((statement) => {
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!isExported) return [];
    if (ts.isInterfaceDeclaration(statement) && !notData.includes(statement.name.text))
      return [
        [`### ${statement.name.text}`, docOf(statement), fieldList(statement.members.filter(ts.isPropertySignature))]
          .filter(Boolean)
          .join("\n\n"),
      ];
    if (ts.isTypeAliasDeclaration(statement) && !notData.includes(statement.name.text))
      return [
        [
          `### ${statement.name.text}`,
          docOf(statement),
          `\`\`\`ts\ntype ${statement.name.text} = ${codeOf(statement.type)};\n\`\`\``,
        ]
          .filter(Boolean)
          .join("\n\n"),
      ];
    return [];
  });
}

/** @param {readonly ts.PropertySignature[]} fields */
function fieldList(fields) {
  return fields
    .map((field) =>
      item(
        codeOf(field)
          .replace(/^readonly /, "")
          .replaceAll("readonly ", ""),
        docOf(field),
      ),
    )
    .join("\n");
}

/**
 * @param {string} title
 * @param {ts.SourceFile} source
 * @param {string} name
 */
function unionSection(title, source, name) {
  const lines = membersOfUnion(source, name).map(({ text, doc }) => item(text, doc));
  return `${title}\n\n${lines.join("\n")}`;
}

/**
 * The object types of a union with the doc comments before them.
 * @param {ts.SourceFile} source
 * @param {string} name
 */
function membersOfUnion(source, name) {
  const { type } = declaration(source, name, ts.isTypeAliasDeclaration);
  if (!ts.isUnionTypeNode(type)) throw new Error(`${name} is not a union`);
  return type.types.map((node, at) => {
    const start = at === 0 ? type.getFullStart() : (type.types[at - 1]?.getEnd() ?? 0);
    const literal = findLiteral(node);
    const text = codeOf(node)
      .replaceAll("readonly ", "")
      .replace(/[()]/g, "")
      .replace(" & FromKernel", " & { kernel?: string }");
    return { node: literal, text, doc: docBefore(source.text, start) };
  });
}

/** @param {ts.Node} node @returns {ts.TypeLiteralNode} */
function findLiteral(node) {
  if (ts.isTypeLiteralNode(node)) return node;
  const inner = ts.isParenthesizedTypeNode(node)
    ? node.type
    : ts.isIntersectionTypeNode(node)
      ? node.types[0]
      : undefined;
  if (!inner) throw new Error(`${node.getText()} is not an object type`);
  return findLiteral(inner);
}

/**
 * @template {ts.Statement & { readonly name: ts.Identifier }} T
 * @param {ts.SourceFile} source
 * @param {string} name
 * @param {(node: ts.Node) => node is T} matches
 * @returns {T}
 */
function declaration(source, name, matches) {
  for (const statement of source.statements) if (matches(statement) && statement.name.text === name) return statement;
  throw new Error(`${source.fileName} declares no ${name}`);
}
