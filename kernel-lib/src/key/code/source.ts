/** The source of a function, parsed and normalized: independent of formatting. Used by the closure walk. */
import type * as astringPackage from "astring";
import { lazyModule } from "../../async/lazy-module";
import {
  childOf,
  childrenIn,
  findFreeIdentifiers,
  findParents,
  isNode,
  parseScript,
  textIn,
  visitTree,
  type SyntaxNode,
} from "./syntax-tree";

const loadAstring = lazyModule<typeof astringPackage>("astring");

/** A free name of a function, with the static members that follow it (`fs_1.default.readFile`). */
export interface FreeName {
  readonly name: string;
  /** Members read directly, outermost last; empty for the bare name. */
  readonly members: readonly string[];
}

/** How many of a free name's members belong to its binding; decided by what the name is bound to. */
export type BindMembers = (free: FreeName) => number;

/** A normalized function. */
export interface NormalSource {
  /** Free names in order of first appearance, with the members that belong to the binding; each once. */
  readonly bindings: readonly FreeName[];
  /** With `§0`, `§1`, … for the bindings: equal for functions that do the same with the same bindings. */
  readonly text: string;
  /** Human-readable: with the names as written in the notebook. */
  readonly readable: string;
}

/** A parsed function; normalizing depends on what its names are bound to. */
export interface ParsedFunction {
  readonly freeNames: readonly FreeName[];
  /** Names that the function itself assigns outside its own scope. */
  readonly assigned: readonly string[];
  /** Modules that it loads itself: the name in each `require("…")`, null if it is computed. */
  readonly required: readonly (string | null)[];
  /** Environment variables that it reads by a pattern (`const { HOME } = process.env`), null for any other way. */
  readonly environment: readonly (string | null)[];
  /** Modules that it loads by `import(…)`, null if the name is computed. */
  readonly imported: readonly (string | null)[];
  /** True when it calls `Function` to create code from text. */
  readonly makesCode: boolean;
  /** True when it uses `this` or `super` of an enclosing function. */
  readonly usesOuterThis: boolean;
  readonly isClass: boolean;
  /** The names of all members that it reads, of whatever; `toJSON` where it uses `JSON`. */
  readonly memberNames: readonly string[];
  normalize(bindMembers: BindMembers): NormalSource;
}

interface Reference {
  readonly node: SyntaxNode;
  /** The member expressions directly around the name. */
  readonly chain: readonly SyntaxNode[];
  readonly free: FreeName;
}

const parsedBySource = new Map<string, ParsedFunction>();
const MAX_PARSED = 20_000;

/** Parses a function's source. Throws SyntaxError. Each text is parsed once. */
export function parsedOf(source: string): ParsedFunction {
  const known = parsedBySource.get(source);
  if (known) return known;
  if (parsedBySource.size >= MAX_PARSED) parsedBySource.clear();
  const parsed = parseFunction(source);
  parsedBySource.set(source, parsed);
  return parsed;
}

/** Parses the result of `Function.prototype.toString`. Throws SyntaxError when it is not a parsable function. */
function parseFunction(source: string): ParsedFunction {
  const { tree, fn } = parseAnyForm(source);
  const parents = findParents(tree);
  const references = findReferences(tree, parents);
  const frees = references.map((reference) => reference.free);
  const bodyFrees = withoutHeritage(references, fn).map((reference) => reference.free);
  const normals = new Map<string, NormalSource>();
  return {
    freeNames: unique(frees),
    assigned: [
      ...new Set(
        references.filter((reference) => isAssigned(reference, parents)).map((reference) => nameOf(reference.free)),
      ),
    ],
    required: findRequired(references, parents),
    environment: findEnvironment(references, parents),
    imported: findImported(tree),
    makesCode: references.some(({ node, free }) => free.name === "Function" && parents.get(node)?.callee === node),
    usesOuterThis: fn.type === "ArrowFunctionExpression" && usesThis(fn),
    isClass: fn.type === "ClassExpression",
    memberNames: findMemberNames(tree, frees),
    normalize: (bindMembers) => {
      const counts = bodyFrees.map(bindMembers);
      const id = counts.join();
      const normal = normals.get(id) ?? normalize(source, bodyFrees, counts);
      normals.set(id, normal);
      return normal;
    },
  };
}

/** `head`: what precedes the function of a method (`get size`). */
export function parseAnyForm(source: string): {
  readonly tree: SyntaxNode;
  readonly fn: SyntaxNode;
  readonly head: string;
} {
  const parsed = parseExpression(source) ?? parseMethod(source);
  undoExports(parsed.tree);
  return parsed;
}

function parseExpression(source: string): { tree: SyntaxNode; fn: SyntaxNode; head: string } | undefined {
  try {
    const tree = parseScript(`(${source}\n)`);
    return { tree, fn: expressionOf(tree), head: "" };
  } catch {
    // A method, getter or setter: its source is only valid inside an object.
    return undefined;
  }
}

function parseMethod(source: string): { tree: SyntaxNode; fn: SyntaxNode; head: string } {
  const tree = parseScript(`({${source.replace(/^static\s+/, "")}\n})`);
  const [property] = childrenIn(expressionOf(tree), "properties");
  if (!property) throw new SyntaxError("no function");
  const key = childOf(property, "key");
  const kind = property.kind === "get" || property.kind === "set" ? `${property.kind} ` : "";
  const name = property.computed === true ? "[computed]" : textIn(key, "name") || String(key.value);
  return { tree, fn: childOf(property, "value"), head: `${kind}${name}: ` };
}

function expressionOf(tree: SyntaxNode): SyntaxNode {
  const [statement] = childrenIn(tree, "body");
  if (!statement) throw new SyntaxError("no function");
  return childOf(statement, "expression");
}

/** `exports.counter = (counter++, counter)` → `counter++`; `exports.x = x = 1` → `x = 1`: undoes what tslab adds. */
function undoExports(tree: SyntaxNode): void {
  visitTree(tree, (node) => {
    for (const field in node) {
      const child = node[field];
      if (isNode(child)) node[field] = withoutExport(child);
    }
    return true;
  });
}

function withoutExport(node: SyntaxNode): SyntaxNode {
  if (node.type !== "AssignmentExpression") return node;
  const target = childOf(node, "left");
  if (
    target.type !== "MemberExpression" ||
    target.computed === true ||
    textIn(childOf(target, "object"), "name") !== "exports"
  )
    return node;
  const name = textIn(childOf(target, "property"), "name");
  const value = childOf(node, "right");
  if (value.type === "AssignmentExpression" && textIn(childOf(value, "left"), "name") === name) return value;
  const [first, last, ...more] = childrenIn(value, "expressions");
  const isUpdate =
    value.type === "SequenceExpression" &&
    first?.type === "UpdateExpression" &&
    last?.type === "Identifier" &&
    textIn(last, "name") === name &&
    more.length === 0;
  return isUpdate ? first : node;
}

function findReferences(tree: SyntaxNode, parents: ReadonlyMap<SyntaxNode, SyntaxNode>): readonly Reference[] {
  return findFreeIdentifiers(tree).map((node) => {
    const chain = memberChain(node, parents);
    return { node, chain, free: { name: textIn(node, "name"), members: chain.map(memberName) } };
  });
}

/** For `a.b.c()` of `a` the nodes `a.b`, `a.b.c`. */
function memberChain(node: SyntaxNode, parents: ReadonlyMap<SyntaxNode, SyntaxNode>): readonly SyntaxNode[] {
  const chain: SyntaxNode[] = [];
  let at = node;
  for (let up = parents.get(at); up && isStaticMember(up, at); up = parents.get(at)) {
    chain.push(up);
    at = up;
  }
  return chain;
}

function isStaticMember(node: SyntaxNode, object: SyntaxNode): boolean {
  if (node.type !== "MemberExpression" || node.object !== object) return false;
  const property = childOf(node, "property");
  return node.computed === true
    ? property.type === "Literal" && typeof property.value === "string"
    : property.type === "Identifier";
}

function memberName(member: SyntaxNode): string {
  const property = childOf(member, "property");
  return textIn(property, member.computed === true ? "value" : "name");
}

function isAssigned({ node, chain, free }: Reference, parents: ReadonlyMap<SyntaxNode, SyntaxNode>): boolean {
  const whole = free.name === "exports" ? (chain[0] ?? node) : node;
  const up = parents.get(whole);
  switch (up?.type) {
    case "AssignmentExpression":
    case "AssignmentPattern":
    case "ForInStatement":
    case "ForOfStatement":
      return up.left === whole;
    // `[a, b] = …`, `({ a, ...b } = …)`: a pattern that declares names has no free names in these positions.
    case "UpdateExpression":
    case "ArrayPattern":
    case "RestElement":
      return true;
    case "Property":
      return up.value === whole && parents.get(up)?.type === "ObjectPattern";
    default:
      return false;
  }
}

function findRequired(
  references: readonly Reference[],
  parents: ReadonlyMap<SyntaxNode, SyntaxNode>,
): readonly (string | null)[] {
  return references
    .filter(({ free }) => free.name === "require" && free.members.length === 0)
    .map(({ node }) => {
      const call = parents.get(node);
      const [first] = call?.type === "CallExpression" && call.callee === node ? childrenIn(call, "arguments") : [];
      return first?.type === "Literal" && typeof first.value === "string" ? first.value : null;
    });
}

/** How each `….env` without a literal member is used; the walk finds out whether it is the environment. */
function findEnvironment(
  references: readonly Reference[],
  parents: ReadonlyMap<SyntaxNode, SyntaxNode>,
): readonly (string | null)[] {
  return references
    .filter(({ free }) => free.members.at(-1) === "env")
    .flatMap(
      ({ node, chain }): readonly (string | null)[] => patternNames(parents.get(chain.at(-1) ?? node)) ?? [null],
    );
}

/** The names in `{ HOME, LANG: lang } = …`; undefined when some are not static. */
function patternNames(taken: SyntaxNode | undefined): readonly string[] | undefined {
  const pattern = taken?.type === "VariableDeclarator" ? taken.id : taken?.left;
  if (!isNode(pattern) || pattern.type !== "ObjectPattern") return undefined;
  const names = childrenIn(pattern, "properties").map((property) => {
    if (property.type !== "Property" || property.computed === true) return undefined;
    return keyName(childOf(property, "key"));
  });
  return names.every((name) => name !== undefined) ? names : undefined;
}

function findMemberNames(tree: SyntaxNode, frees: readonly FreeName[]): readonly string[] {
  const names = new Set(frees.some(({ name }) => name === "JSON") ? ["toJSON"] : []);
  visitTree(tree, (node) => {
    if (node.type === "MemberExpression") {
      const object = childOf(node, "object");
      // A compiled cell reads the notebook's variables there: they are its own members.
      if (isStaticMember(node, object) && textIn(object, "name") !== "exports") names.add(memberName(node));
    } else if (node.type === "ObjectPattern")
      for (const property of childrenIn(node, "properties"))
        if (property.type === "Property" && property.computed !== true) names.add(keyName(childOf(property, "key")));
    return true;
  });
  return [...names];
}

const keyName = (key: SyntaxNode): string => textIn(key, key.type === "Identifier" ? "name" : "value");

function findImported(tree: SyntaxNode): readonly (string | null)[] {
  const found: (string | null)[] = [];
  visitTree(tree, (node) => {
    if (node.type !== "ImportExpression") return true;
    const source = childOf(node, "source");
    found.push(typeof source.value === "string" ? source.value : null);
    return true;
  });
  return found;
}

/** The variable that is assigned when the code assigns this name. */
export const nameOf = (free: FreeName): string =>
  free.name === "exports" ? (free.members[0] ?? free.name) : free.name;

function usesThis(arrow: SyntaxNode): boolean {
  let found = false;
  visitTree(arrow, (node) => {
    found ||= node.type === "ThisExpression" || node.type === "Super";
    return node === arrow || !/^(Function(Expression|Declaration)|Class(Expression|Declaration))$/.test(node.type);
  });
  return found;
}

/** `counts`: how many members of each free name belong to its binding. */
function normalize(source: string, frees: readonly FreeName[], counts: readonly number[]): NormalSource {
  const bound = frees.map((free, at) => ({ name: free.name, members: free.members.slice(0, counts[at]) }));
  const bindings = unique(bound);
  const placeholders = new Map(bindings.map((binding, index) => [idOf(binding), `§${index}`]));
  // Parsed again each time because the tree is rewritten in place, once with placeholders and once with readable names.
  const write = (labelOf: (binding: FreeName) => string, isReadable: boolean): string => {
    const { tree, fn, head } = parseAnyForm(source);
    const references = findReferences(tree, findParents(tree));
    withoutHeritage(references, fn).forEach((reference, at) => {
      const binding = bound[at];
      if (binding) replace(reference, binding, labelOf(binding));
    });
    if (isNode(fn.superClass)) nameHeritage(fn.superClass, references, isReadable);
    visitTree(tree, simplify);
    return head + loadAstring().generate(fn, { indent: "  " });
  };
  const text = write((binding) => placeholders.get(idOf(binding)) ?? "", false);
  return { bindings, text, readable: write(readableName, true) };
}

/**
 * Without the names in `extends …`: that was evaluated when the class was defined, and the class extends the result whatever the name
 * means now. The walk takes the real base.
 */
function withoutHeritage(references: readonly Reference[], fn: SyntaxNode): readonly Reference[] {
  const { superClass } = fn;
  if (!isNode(superClass)) return references;
  return references.filter(({ node }) => node.start < superClass.start || node.end > superClass.end);
}

/** Writes what a class extends in the same way in every cell, and by its name where it has one. */
function nameHeritage(superClass: SyntaxNode, references: readonly Reference[], isReadable: boolean): void {
  const whole = references.find(({ node, chain }) => (chain.at(-1) ?? node) === superClass);
  if (isReadable && !whole) return;
  const name = isReadable && whole ? readableName(whole.free) : "§base";
  for (const field of Object.keys(superClass))
    if (field !== "start" && field !== "end" && field !== "range") Reflect.deleteProperty(superClass, field);
  Object.assign(superClass, { type: "Identifier", name });
}

/** `toRow` of `exports.toRow`, `path` of `path_1.default`. */
export function readableName(binding: FreeName): string {
  const last = binding.members.at(-1);
  return last === undefined || last === "default" ? binding.name.replace(/_\d+$/, "") : last;
}

function replace({ node, chain }: Reference, binding: FreeName, name: string): void {
  const target = chain[binding.members.length - 1] ?? node;
  for (const field of Object.keys(target))
    if (field !== "start" && field !== "end" && field !== "range") Reflect.deleteProperty(target, field);
  Object.assign(target, { type: "Identifier", name });
}

/** Removes purely syntactic differences: quotes, shorthand, `(0, f)(…)`. Not `(0, o.f)(…)`, which calls without `this`. */
function simplify(node: SyntaxNode): true {
  if (node.type === "Literal" && !("regex" in node) && !("bigint" in node) && node.value !== Infinity) delete node.raw;
  if (node.type === "Property") node.shorthand = false;
  for (const field of ["callee", "tag"]) {
    const callee = node[field];
    if (!isNode(callee) || callee.type !== "SequenceExpression") continue;
    const [zero, called, ...more] = childrenIn(callee, "expressions");
    if (zero?.type === "Literal" && zero.value === 0 && called?.type === "Identifier" && more.length === 0)
      node[field] = called;
  }
  // Without its parentheses `(a?.b).c` would be `a?.b.c`, which means something else.
  for (const field of ["callee", "object"]) {
    const inner = node[field];
    if (isNode(inner) && inner.type === "ChainExpression")
      node[field] = { ...inner, type: "SequenceExpression", expressions: [inner] };
  }
  return true;
}

const idOf = (free: FreeName): string => [free.name, ...free.members].join("\u0000");

function unique(names: readonly FreeName[]): readonly FreeName[] {
  return [...new Map(names.map((free) => [idOf(free), free])).values()];
}
