/** A script as a syntax tree in which variables can be followed. For the flow of clock values. */
import type { Variable } from "eslint-scope";
import {
  childOf,
  childrenIn,
  findParents,
  loadScopes,
  parseFile,
  textIn,
  visitTree,
  type SyntaxNode,
} from "../../key/code/syntax-tree";

/** Longer scripts are bundles: reading them would take seconds. */
const MAX_SOURCE_LENGTH = 1_000_000;
const MAX_SCRIPTS = 50;

export class ScriptTree {
  private readonly parents: ReadonlyMap<SyntaxNode, SyntaxNode>;
  private readonly variables = new Map<SyntaxNode, Variable>();

  constructor(readonly root: SyntaxNode) {
    this.parents = findParents(root);
    const sourceType = root.sourceType === "module" ? "module" : "commonjs";
    const { scopes } = loadScopes().analyze(root as never, { ecmaVersion: 2022, sourceType, ignoreEval: true });
    for (const scope of scopes) {
      for (const variable of scope.variables)
        for (const identifier of variable.identifiers) this.variables.set(identifier as never, variable);
      for (const { identifier, resolved } of scope.references)
        if (resolved) this.variables.set(identifier as never, resolved);
    }
  }

  parentOf(node: SyntaxNode): SyntaxNode | undefined {
    return this.parents.get(node);
  }

  /** Where the variable that an identifier names is used, without its declarations and pure assignments; undefined for globals. */
  usesOf(identifier: SyntaxNode): readonly SyntaxNode[] | undefined {
    return this.variables
      .get(identifier)
      ?.references.filter((reference) => reference.isRead())
      .map((reference) => reference.identifier as unknown as SyntaxNode);
  }

  /** The call, or the read of a property, that V8 reports at an offset. */
  readAt(position: number): SyntaxNode | undefined {
    let found: SyntaxNode | undefined;
    visitTree(this.root, (node) => {
      if (node.end < position || node.start > position) return false;
      // What calls the function, or the class, around the place is another call.
      if (isFunctionOrClass(node)) found = undefined;
      if (this.isReadAt(node, position)) found = node;
      return true;
    });
    return found;
  }

  /** Every place that reads a clock by its usual name. */
  clockReads(): readonly SyntaxNode[] {
    const reads: SyntaxNode[] = [];
    visitTree(this.root, (node) => {
      if (isClockRead(node)) reads.push(node);
      return true;
    });
    return reads;
  }

  private isReadAt(node: SyntaxNode, position: number): boolean {
    if (node.type === "NewExpression") return node.start === position;
    if (node.type === "CallExpression") {
      const callee = childOf(node, "callee");
      return position <= callee.end;
    }
    if (node.type !== "MemberExpression" || childOf(node, "property").start !== position) return false;
    const parent = this.parents.get(node);
    return parent?.type !== "CallExpression" || parent.callee !== node;
  }
}

const isFunctionOrClass = ({ type }: SyntaxNode): boolean => /Function|^Class(Declaration|Expression)$/.test(type);

const trees = new Map<string, ScriptTree | undefined>();

/** The tree of a script, from a cache by the digest of its source; undefined if it cannot be read. */
export function scriptTree(source: string, hash: string): ScriptTree | undefined {
  if (trees.has(hash)) return trees.get(hash);
  const oldest = trees.keys().next();
  if (trees.size >= MAX_SCRIPTS && oldest.done !== true) trees.delete(oldest.value);
  const tree = source.length > MAX_SOURCE_LENGTH ? undefined : parsed(source);
  trees.set(hash, tree);
  return tree;
}

function parsed(source: string): ScriptTree | undefined {
  try {
    return new ScriptTree(parseFile(source));
  } catch {
    // Syntax that acorn does not know yet: what the code does with a clock stays unknown.
    return undefined;
  }
}

/** `Date.now`, `ctx.log.info`, `fn`; "" for other callees. `(0, a.b)` is `a.b`. */
export function nameOf(node: SyntaxNode): string {
  if (node.type === "Identifier") return textIn(node, "name");
  if (node.type === "ThisExpression") return "this";
  if (node.type === "ChainExpression") return nameOf(childOf(node, "expression"));
  if (node.type === "SequenceExpression") {
    const last = childrenIn(node, "expressions").at(-1);
    return last ? nameOf(last) : "";
  }
  if (node.type === "CallExpression") return requiredBy(node);
  if (node.type !== "MemberExpression") return "";
  const property = childOf(node, "property");
  const name = node.computed === true ? "[]" : textIn(property, "name");
  return `${nameOf(childOf(node, "object"))}.${name}`;
}

/** `fs` for `require("node:fs")`; "" for other calls. */
function requiredBy(call: SyntaxNode): string {
  const [id] = childrenIn(call, "arguments");
  if (id?.type !== "Literal" || nameOf(childOf(call, "callee")) !== "require") return "";
  return textIn(id, "value")
    .replace(/^node:/, "")
    .replace(/\W/g, "_");
}

const CLOCKS = /(^|\.)(Date\.now|performance\.now|process\.hrtime|hrtime|hrtime\.bigint|Date)$/;

function isClockRead(node: SyntaxNode): boolean {
  if (node.type !== "CallExpression" && node.type !== "NewExpression") return false;
  const name = nameOf(childOf(node, "callee"));
  if (!CLOCKS.test(name)) return false;
  return node.type === "CallExpression" || childrenIn(node, "arguments").length === 0;
}
