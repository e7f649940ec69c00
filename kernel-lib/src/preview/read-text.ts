/** The parser for texts that `textOfValue` wrote. The caller must compare the texts: what was cut off cannot be restored. */
import { childOf, childrenIn, isNode, parseScript, textIn, type SyntaxNode } from "../key/code/syntax-tree";

/** The value of a text: plain data, as written in code. Undefined for anything else. */
export function readText(text: string): { readonly value: unknown } | undefined {
  try {
    const statement = childrenIn(parseScript(`(${text})`), "body")[0];
    return statement?.type === "ExpressionStatement" ? { value: valueOf(childOf(statement, "expression")) } : undefined;
  } catch {
    return undefined;
  }
}

function valueOf(node: SyntaxNode): unknown {
  switch (node.type) {
    case "Literal":
      if (node.regex) throw new TypeError("a regular expression is not plain data");
      return node.value;
    case "TemplateLiteral":
      return textOfTemplate(node);
    case "UnaryExpression":
      if (node.operator === "-") return -Number(valueOf(childOf(node, "argument")));
      break;
    case "Identifier":
      if (constants.has(textIn(node, "name"))) return constants.get(textIn(node, "name"));
      break;
    case "ArrayExpression":
      return childrenIn(node, "elements").map(valueOf);
    case "ObjectExpression":
      return Object.fromEntries(childrenIn(node, "properties").map(fieldOf));
  }
  throw new TypeError(`${node.type} is not plain data`);
}

function textOfTemplate(node: SyntaxNode): string {
  const [quasi, ...more] = childrenIn(node, "quasis");
  const value = quasi?.value as { readonly cooked?: unknown } | undefined;
  if (more.length > 0 || typeof value?.cooked !== "string") throw new TypeError("not a plain string");
  return value.cooked;
}

function fieldOf(node: SyntaxNode): readonly [string, unknown] {
  const { key, value } = node;
  if (node.type !== "Property" || node.kind !== "init" || !isNode(key) || !isNode(value))
    throw new TypeError("not a plain field");
  const isNamed = key.type === "Identifier" && node.computed !== true;
  return [isNamed ? textIn(key, "name") : String(valueOf(key)), valueOf(value)];
}

const constants: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["undefined", undefined],
  ["NaN", NaN],
  ["Infinity", Infinity],
]);
