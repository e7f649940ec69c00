/**
 * The variables around a function that change when it is called: a counter, a timer, a scratch object. Their value depends on how often
 * the function was called, not on what the user passed. A variable that is assigned an argument is different: the function is its setter.
 */
import { parseAnyForm } from "../source";
import {
  childOf,
  childrenIn,
  findFreeIdentifiers,
  findParents,
  isNode,
  textIn,
  visitTree,
  type SyntaxNode,
} from "../syntax-tree";

export interface ChangedNames {
  /** Assigned, from something else than an argument. */
  readonly assigned: ReadonlySet<string>;
  /** Assigned from an argument, too. */
  readonly fromArguments: ReadonlySet<string>;
  /** Objects in which it assigns a property (`start.r = r(t)`), from something else than an argument itself. */
  readonly mutated: ReadonlySet<string>;
  /** Dates that it sets. */
  readonly reset: ReadonlySet<string>;
}

/** Reads the source of a function. Throws SyntaxError. */
export function findChangedNames(source: string): ChangedNames {
  const { tree, fn } = parseAnyForm(source);
  const parents = findParents(tree);
  const parameters = new Set(childrenIn(fn, "params").flatMap(namesIn));
  const [assigned, mutated, reset, fromArguments] = [
    new Set<string>(),
    new Set<string>(),
    new Set<string>(),
    new Set<string>(),
  ];
  for (const node of findFreeIdentifiers(tree)) {
    const name = textIn(node, "name");
    const target = wholeMember(node, parents);
    const change = parents.get(target);
    if (change?.type === "UpdateExpression") (target === node ? assigned : mutated).add(name);
    else if (change?.type === "AssignmentExpression" && change.left === target) {
      const isArgument = reads(childOf(change, "right"), parameters, target === node);
      if (isArgument) fromArguments.add(name);
      else (target === node ? assigned : mutated).add(name);
    } else if (change?.type === "CallExpression" && change.callee === target && /^set[A-Z]/.test(memberName(target)))
      reset.add(name);
  }
  for (const name of fromArguments) for (const names of [assigned, mutated]) names.delete(name);
  return { assigned, fromArguments, mutated, reset };
}

/** `a.b[c]` of `a`. */
function wholeMember(node: SyntaxNode, parents: ReadonlyMap<SyntaxNode, SyntaxNode>): SyntaxNode {
  let at = node;
  for (let up = parents.get(at); up?.type === "MemberExpression" && up.object === at; up = parents.get(at)) at = up;
  return at;
}

const memberName = (node: SyntaxNode): string => (isNode(node.property) ? textIn(node.property, "name") : "");

/** Whether an expression contains one of the names; without `computed` only where it is passed on unchanged, not in calls and calculations. */
function reads(expression: SyntaxNode, names: ReadonlySet<string>, computed: boolean): boolean {
  let found = false;
  visitTree(expression, (node) => {
    found ||= node.type === "Identifier" && names.has(textIn(node, "name"));
    return computed || !/^(Call|Binary|Template)/.test(node.type);
  });
  return found;
}

/** The names in a pattern, and in the values by default. */
function namesIn(pattern: SyntaxNode): readonly string[] {
  const names: string[] = [];
  visitTree(pattern, (node) => {
    if (node.type === "Identifier") names.push(textIn(node, "name"));
    return true;
  });
  return names;
}
