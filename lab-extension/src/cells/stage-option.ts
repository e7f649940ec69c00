/** Writes an option into the definition of a stage: `stage("rows", …, fn)` becomes `stage("rows", …, fn, { seed: 1 })`. */
import { parser } from "@lezer/javascript";

type SyntaxNode = ReturnType<typeof tree>["topNode"];

/** What to write where in the source. */
export interface SourceEdit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

const typescript = parser.configure({ dialect: "ts" });
const tree = (source: string): ReturnType<typeof typescript.parse> => typescript.parse(source);

const FUNCTIONS = new Set(["ArrowFunction", "FunctionExpression"]);
const DEFINING = /(^|\.)(stage|each)$/;

/**
 * The edit that gives the stage the option, `code` being `name: value`. A value that the option already has is replaced. Undefined when the
 * source has no definition of the stage that can be edited safely: one whose options are a variable, for example.
 */
export function editOption(source: string, stage: string, code: string): SourceEdit | undefined {
  const call = findDefinition(tree(source).topNode, source, stage);
  const values = call && argumentsOf(call);
  const last = values?.at(-1);
  if (!values || !last) return undefined;
  if (last.name === "ObjectExpression" && values.some(({ name }) => FUNCTIONS.has(name)))
    return editObject(last, source, code);
  return FUNCTIONS.has(last.name) ? { from: last.to, to: last.to, text: `, { ${code} }` } : undefined;
}

export function applyEdit(source: string, { from, to, text }: SourceEdit): string {
  return source.slice(0, from) + text + source.slice(to);
}

function editObject(object: SyntaxNode, source: string, code: string): SourceEdit {
  const [name] = code.split(":");
  const properties = object.getChildren("Property");
  const same = properties.find(({ firstChild }) => firstChild && textOf(firstChild, source).replace(/["']/g, "") === name); // prettier-ignore
  if (same) return { from: same.from, to: same.to, text: code };
  const members = [...properties, ...object.getChildren("Spread")].sort((a, b) => a.from - b.from);
  const end = members.at(-1)?.to;
  return end === undefined
    ? { from: object.from, to: object.to, text: `{ ${code} }` }
    : { from: end, to: end, text: `, ${code}` };
}

function findDefinition(node: SyntaxNode, source: string, stage: string): SyntaxNode | undefined {
  for (let child = node.firstChild; child; child = child.nextSibling) {
    const found = isDefinition(child, source, stage) ? child : findDefinition(child, source, stage);
    if (found) return found;
  }
  return undefined;
}

function isDefinition(node: SyntaxNode, source: string, stage: string): boolean {
  if (node.name !== "CallExpression" || !node.firstChild) return false;
  const [name] = argumentsOf(node);
  return (
    name?.name === "String" &&
    DEFINING.test(
      textOf(node.firstChild, source)
        .replace(/<[^]*$/, "")
        .trim(),
    ) &&
    textOfString(textOf(name, source)) === stage
  );
}

/** Without punctuation, comments and type arguments. */
function argumentsOf(call: SyntaxNode): readonly SyntaxNode[] {
  const list = call.getChild("ArgList");
  const values: SyntaxNode[] = [];
  for (let child = list?.firstChild ?? null; child; child = child.nextSibling)
    if (!/^([(),]|LineComment|BlockComment)$/.test(child.name)) values.push(child);
  return values;
}

const textOf = ({ from, to }: SyntaxNode, source: string): string => source.slice(from, to);

/** The value of a literal in quotes. Escapes other than of quotes and backslashes are rare in names: such a stage is not found. */
const textOfString = (literal: string): string => literal.slice(1, -1).replaceAll(/\\(["'\\])/g, "$1");
