/** Private fields of the classes of packages: those that the constructor alone sets hold what the user gave. */
import { constructorsOf, type Member } from "../../values/own-members";
import { childOf, parseScript, textIn, visitTree, type SyntaxNode } from "../syntax-tree";
import type { AnyFunction } from "../../scopes";
import { isPrivateMemo } from "./package-state";

/** Private names of a class, `#` included. */
interface Changed {
  /** In which a method keeps a result. */
  readonly memos: ReadonlySet<string>;
  /** What methods change otherwise. */
  readonly others: ReadonlySet<string>;
}

const changedByClass = new WeakMap<AnyFunction, Changed | undefined>();

/**
 * The fields that no method changes, as members, without those in which a method keeps a result; undefined when a method changes one, or
 * the code of a class cannot be read.
 */
export function constantFields(value: object, fields: ReadonlyMap<string, unknown>): readonly Member[] | undefined {
  const names = new Set(fields.keys());
  for (const owner of constructorsOf(value)) {
    if (!changedByClass.has(owner)) changedByClass.set(owner, changedByMethods(owner));
    const changed = changedByClass.get(owner);
    if (!changed || [...names].some((name) => changed.others.has(name))) return undefined;
    for (const name of changed.memos) names.delete(name);
  }
  return [...names].map((key) => ({ key, isSymbol: false, value: fields.get(key), accessors: [] }));
}

/** What the methods of a class assign, or whose content they change. */
function changedByMethods(owner: AnyFunction): Changed | undefined {
  const source = Function.prototype.toString.call(owner);
  if (!/#[\p{ID_Start}$_]/u.test(source)) return unchanged;
  let tree: SyntaxNode;
  try {
    tree = parseScript(`(${source})`);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const changed = new Set<string>();
  const note = (target: SyntaxNode): void => {
    const name = privateNameIn(target);
    if (name !== undefined) changed.add(name);
  };
  visitTree(tree, (node) => {
    if (node.type === "MethodDefinition" && node.kind === "constructor") return false;
    if (node.type === "AssignmentExpression") visitTree(childOf(node, "left"), (target) => (note(target), true));
    else if (node.type === "UpdateExpression") note(childOf(node, "argument"));
    else if (node.type === "UnaryExpression" && node.operator === "delete") note(childOf(node, "argument"));
    else if (node.type === "CallExpression") {
      const callee = childOf(node, "callee");
      if (callee.type === "MemberExpression" && MUTATORS.has(textIn(childOf(callee, "property"), "name")))
        note(childOf(callee, "object"));
    }
    return true;
  });
  const memos = new Set([...changed].filter((name) => isPrivateMemo(source, name)));
  return { memos, others: new Set([...changed].filter((name) => !memos.has(name))) };
}

/** `#x` in `this.#x`, `this.#x.y` and `this.#x[0]`. */
function privateNameIn(target: SyntaxNode): string | undefined {
  for (let at = target; at.type === "MemberExpression"; at = childOf(at, "object")) {
    const property = childOf(at, "property");
    if (property.type === "PrivateIdentifier") return `#${textIn(property, "name")}`;
  }
  return undefined;
}

const unchanged: Changed = { memos: new Set(), others: new Set() };
const MUTATORS: ReadonlySet<string> = new Set(
  "set add push pop shift unshift splice sort reverse fill copyWithin delete clear append setTime".split(" "),
);
