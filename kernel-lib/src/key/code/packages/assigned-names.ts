/** The names of all variables that a script assigns somewhere, whichever scope they belong to: all others keep their first value. */
import { parse } from "acorn";
import { isNode, textIn, visitTree, type SyntaxNode } from "../syntax-tree";

/** Undefined for a script that cannot be parsed. Declarations with a value are no assignments. */
export function findAssignedNames(source: string, isModule: boolean): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  const tree = parseScript(source, isModule);
  if (!tree) return undefined;
  visitTree(tree, (node) => {
    const target = targetOf(node);
    if (target) addNames(target, names);
    return true;
  });
  return names;
}

function parseScript(source: string, isModule: boolean): SyntaxNode | undefined {
  try {
    return parse(source, {
      ecmaVersion: "latest",
      sourceType: isModule ? "module" : "script",
      allowReturnOutsideFunction: true,
      allowHashBang: true,
    }) as unknown as SyntaxNode;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function targetOf(node: SyntaxNode): unknown {
  switch (node.type) {
    case "AssignmentExpression":
      return node.left;
    case "UpdateExpression":
      return node.argument;
    case "ForInStatement":
    case "ForOfStatement":
      return isNode(node.left) && node.left.type !== "VariableDeclaration" ? node.left : undefined;
    default:
      return undefined;
  }
}

/** The variables in a target, which may be a pattern. */
function addNames(target: unknown, names: Set<string>): void {
  if (!isNode(target)) return;
  visitTree(target, (node) => {
    if (node.type === "Identifier") names.add(textIn(node, "name"));
    return node.type !== "MemberExpression";
  });
}
