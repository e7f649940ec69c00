/**
 * What cells share beside the variables of the notebook: properties of `globalThis`, and environment variables. They are named like
 * variables: `globalThis.rows`, `process.env.STAGE`.
 */
import { childOf, textIn, type SyntaxNode } from "../../key/code/syntax-tree";

const GLOBAL = "globalThis.";
const ENVIRONMENT = "process.env.";

/** Properties that the runtime itself defines: no cell has created them. */
const builtIn = new Set(Object.getOwnPropertyNames(globalThis));

/** The name of what the node refers to; undefined for everything else. */
export function sharedName(node: SyntaxNode): string | undefined {
  const name = memberName(node);
  if (name === undefined) return undefined;
  const object = childOf(node, "object");
  if (isIdentifier(object, /^global(This)?$/)) return GLOBAL + name;
  return memberName(object) === "env" && isProcess(childOf(object, "object")) ? ENVIRONMENT + name : undefined;
}

export function isSharedName(name: string): boolean {
  return name.startsWith(GLOBAL) || name.startsWith(ENVIRONMENT);
}

/** Whether it belongs to the runtime, such as `globalThis.fetch`. */
export function isBuiltIn(name: string): boolean {
  return name.startsWith(GLOBAL) && builtIn.has(name.slice(GLOBAL.length));
}

/** The value now. */
export function readShared(name: string): unknown {
  return name.startsWith(GLOBAL)
    ? Reflect.get(globalThis, name.slice(GLOBAL.length))
    : process.env[name.slice(ENVIRONMENT.length)];
}

/** The property of `a.b` and `a["b"]`. */
function memberName(node: SyntaxNode): string | undefined {
  if (node.type !== "MemberExpression") return undefined;
  const property = childOf(node, "property");
  if (node.computed !== true) return textIn(property, "name");
  return property.type === "Literal" && typeof property.value === "string" ? property.value : undefined;
}

/** `process`, and what an import of it is compiled to: `node_process_1`, `process_1.default`. */
function isProcess(node: SyntaxNode): boolean {
  const module = memberName(node) === "default" ? childOf(node, "object") : node;
  return isIdentifier(module, /^process$|^(node_)?process_\d+$/);
}

const isIdentifier = (node: SyntaxNode, pattern: RegExp): boolean =>
  node.type === "Identifier" && pattern.test(textIn(node, "name"));
