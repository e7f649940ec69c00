/** A function's source, parsed and normalised: what it does, freed of how it is written. Used by the closure walk. */
import { parse, type Node } from "acorn";
import { generate } from "astring";
import { analyze, type Scope } from "eslint-scope";

/** A name that the function takes from outside, with the static members that follow it (`fs_1.default.readFile`). */
export interface FreeName {
  readonly name: string;
  /** Members read directly, outermost last; empty for the bare name. */
  readonly members: readonly string[];
}

/** How many of a free name's members belong to its binding; decided by what the name is bound to. */
export type BindMembers = (free: FreeName) => number;

/** A normalised function. */
export interface NormalSource {
  /** Free names in order of first appearance, with the members that belong to the binding; each once. */
  readonly bindings: readonly FreeName[];
  /** With `§0`, `§1`, … for the bindings: equal for functions that do the same to the same bindings. */
  readonly text: string;
  /** For people: with the names as written in the notebook. */
  readonly readable: string;
  /** Names that the function itself assigns outside its own scope. */
  readonly assigned: readonly string[];
  /** True when it uses `this` or `super` of an enclosing function. */
  readonly usesOuterThis: boolean;
  readonly isClass: boolean;
}

/** A parsed function; normalising depends on what its names are bound to. */
export interface ParsedFunction {
  readonly freeNames: readonly FreeName[];
  readonly assigned: readonly string[];
  readonly usesOuterThis: boolean;
  readonly isClass: boolean;
  normalise(bindMembers: BindMembers): NormalSource;
}

type AnyNode = Node & { [field: string]: unknown };
interface Reference {
  readonly node: AnyNode;
  readonly chain: readonly AnyNode[];
  readonly free: FreeName;
}

/** Parses what `Function.prototype.toString` gave. Throws SyntaxError when it is no parsable function. */
export function parseFunction(source: string): ParsedFunction {
  const { tree, fn, method } = parseAnyForm(source);
  undoExports(tree);
  const parents = parentsOf(tree);
  const references = findReferences(tree, parents);
  const own = method ? undefined : fn;
  const parsed = {
    freeNames: unique(references.map((reference) => reference.free)),
    assigned: [...new Set(references.filter((reference) => isAssigned(reference, parents)).map((reference) => nameOf(reference.free)))],
    usesOuterThis: fn.type === "ArrowFunctionExpression" && usesThis(fn),
    isClass: own?.type === "ClassExpression" || own?.type === "ClassDeclaration",
  };
  return {
    ...parsed,
    normalise: (bindMembers) => normalise(source, parsed, references.map((reference) => reference.free), bindMembers),
  };
}

const options = { ecmaVersion: "latest", ranges: true, allowSuperOutsideMethod: true, allowAwaitOutsideFunction: true } as const;

function parseAnyForm(source: string): { tree: AnyNode; fn: AnyNode; method: boolean } {
  try {
    const tree = parse(`(${source}\n)`, { ...options, sourceType: "script" }) as unknown as AnyNode;
    const fn = (tree.body as AnyNode[])[0]!.expression as AnyNode;
    return { tree, fn, method: false };
  } catch {
    // A method, getter or setter: its source is only valid inside an object or a class.
    const text = /^static\b/.test(source) ? source.replace(/^static\s+/, "") : source;
    const tree = parse(`({${text}\n})`, { ...options, sourceType: "script" }) as unknown as AnyNode;
    const expression = (tree.body as AnyNode[])[0]!.expression as AnyNode;
    const property = (expression.properties as AnyNode[])[0]!;
    return { tree, fn: property.value as AnyNode, method: true };
  }
}

/** `exports.counter = (counter++, counter)` → `counter++`; `exports.x = x = 1` → `x = 1`: what tslab added. */
function undoExports(tree: AnyNode): void {
  visit(tree, (node) => {
    for (const [field, child] of Object.entries(node)) {
      if (!isNode(child) || child.type !== "AssignmentExpression") continue;
      const target = child.left as AnyNode;
      if (target.type !== "MemberExpression" || (target.object as AnyNode).name !== "exports" || target.computed) continue;
      const name = (target.property as AnyNode).name;
      const value = child.right as AnyNode;
      if (value.type === "SequenceExpression") {
        const [first, last] = value.expressions as AnyNode[];
        if ((value.expressions as AnyNode[]).length === 2 && last!.type === "Identifier" && last!.name === name && first!.type === "UpdateExpression") node[field] = first;
      } else if (value.type === "AssignmentExpression" && (value.left as AnyNode).name === name) node[field] = value;
    }
  });
}

function findReferences(tree: AnyNode, parents: ReadonlyMap<AnyNode, AnyNode>): Reference[] {
  const manager = analyze(tree as never, { ecmaVersion: 2022, sourceType: "script", ignoreEval: true });
  const global = manager.globalScope as unknown as Scope;
  return global.through
    .map((reference) => reference.identifier as unknown as AnyNode)
    .sort((a, b) => a.start - b.start)
    .map((node) => {
      const chain = memberChain(node, parents);
      return { node, chain, free: { name: node.name as string, members: chain.map(memberName) } };
    });
}

/** The member expressions directly round a name: for `a.b.c()` of `a` the nodes `a.b`, `a.b.c`. */
function memberChain(node: AnyNode, parents: ReadonlyMap<AnyNode, AnyNode>): AnyNode[] {
  const chain: AnyNode[] = [];
  let at = node;
  for (let up = parents.get(at); up && up.type === "MemberExpression" && up.object === at && !up.optional && (!up.computed || isTextLiteral(up.property)); up = parents.get(at)) {
    if (!up.computed && (up.property as AnyNode).type === "PrivateIdentifier") break;
    chain.push(up);
    at = up;
  }
  return chain;
}

const isTextLiteral = (node: unknown): boolean => isNode(node) && node.type === "Literal" && typeof node.value === "string";
const memberName = (member: AnyNode): string => {
  const property = member.property as AnyNode;
  return (member.computed ? property.value : property.name) as string;
};

function isAssigned(reference: Reference, parents: ReadonlyMap<AnyNode, AnyNode>): boolean {
  const whole = reference.free.name === "exports" && reference.chain.length > 0 ? reference.chain[0]! : reference.node;
  const up = parents.get(whole);
  if (!up) return false;
  if (up.type === "AssignmentExpression" || up.type === "AssignmentPattern") return up.left === whole;
  if (up.type === "UpdateExpression") return true;
  return (up.type === "ForInStatement" || up.type === "ForOfStatement") && up.left === whole;
}

const nameOf = (free: FreeName): string => (free.name === "exports" && free.members[0] !== undefined ? free.members[0] : free.name);

function usesThis(arrow: AnyNode): boolean {
  let found = false;
  visit(arrow, (node) => {
    if (node.type === "ThisExpression" || node.type === "Super") found = true;
    return node === arrow || !/^(FunctionExpression|FunctionDeclaration|ClassExpression|ClassDeclaration)$/.test(node.type);
  });
  return found;
}

function normalise(source: string, parsed: Omit<ParsedFunction, "normalise">, frees: readonly FreeName[], bindMembers: BindMembers): NormalSource {
  // Parsed afresh because the tree is rewritten in place, once with placeholders and once with readable names.
  const bound = frees.map((free) => ({ name: free.name, members: free.members.slice(0, bindMembers(free)) }));
  const bindings = unique(bound);
  const indexOf = new Map(bindings.map((binding, index) => [idOf(binding), index]));
  const write = (label: (binding: FreeName) => string): string => {
    const { tree, fn } = parseAnyForm(source);
    undoExports(tree);
    const parents = parentsOf(tree);
    findReferences(tree, parents).forEach((reference, at) => replace(reference, bound[at]!, label(bound[at]!)));
    visit(tree, simplify);
    const text = generate(fn as never, { indent: "  " });
    return fn === (tree.body as AnyNode[])[0]!.expression ? text : `${headOf(tree)}${text}`;
  };
  return {
    ...parsed,
    bindings,
    text: write((binding) => `§${indexOf.get(idOf(binding))}`),
    readable: write((binding) => binding.members.at(-1) === "default" ? binding.name.replace(/_\d+$/, "") : (binding.members.at(-1) ?? binding.name.replace(/_\d+$/, ""))),
  };
}

/** `get `, `async *name` … of a method, which its function node does not carry. */
function headOf(tree: AnyNode): string {
  const property = (((tree.body as AnyNode[])[0]!.expression as AnyNode).properties as AnyNode[])[0]!;
  const key = property.key as AnyNode;
  const kind = property.kind === "get" || property.kind === "set" ? `${property.kind} ` : "";
  return `${kind}${property.computed ? "[computed]" : String(key.name ?? key.value)}: `;
}

function replace(reference: Reference, binding: FreeName, label: string): void {
  const target = binding.members.length === 0 ? reference.node : reference.chain[binding.members.length - 1]!;
  for (const field of Object.keys(target)) if (field !== "start" && field !== "end" && field !== "range") delete target[field];
  Object.assign(target, { type: "Identifier", name: label });
}

/** Takes out what is only a way of writing: quotes, shorthand, `(0, f)(…)`, directives. */
function simplify(node: AnyNode): void {
  if (node.type === "Literal" && !("regex" in node) && !("bigint" in node)) delete node.raw;
  if (node.type === "Property") node.shorthand = false;
  if (node.type === "CallExpression" || node.type === "TaggedTemplateExpression") {
    const field = node.type === "CallExpression" ? "callee" : "tag";
    const callee = node[field] as AnyNode;
    const parts = callee.type === "SequenceExpression" ? (callee.expressions as AnyNode[]) : [];
    if (parts.length === 2 && parts[0]!.type === "Literal" && parts[0]!.value === 0) node[field] = parts[1];
  }
}

function visit(node: AnyNode, enter: (node: AnyNode) => boolean | void): void {
  if (enter(node) === false) return;
  for (const child of childrenOf(node)) visit(child, enter);
}

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node).flatMap((value) => (Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []));
}

function parentsOf(tree: AnyNode): Map<AnyNode, AnyNode> {
  const parents = new Map<AnyNode, AnyNode>();
  visit(tree, (node) => {
    for (const child of childrenOf(node)) parents.set(child, node);
  });
  return parents;
}

const isNode = (value: unknown): value is AnyNode => typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
const idOf = (free: FreeName): string => [free.name, ...free.members].join("\u0000");
function unique(names: readonly FreeName[]): readonly FreeName[] {
  return [...new Map(names.map((free) => [idOf(free), free])).values()];
}

