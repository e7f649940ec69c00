/** JavaScript as a syntax tree: parsing, walking, free names. For functions (keys) and compiled cells (notebook). */
import type * as acornPackage from "acorn";
import type { Node } from "acorn";
import type * as scopePackage from "eslint-scope";
import { lazyModule } from "../../async/lazy-module";

/** The parser, and the analysis of scopes. */
export const loadAcorn = lazyModule<typeof acornPackage>("acorn");
export const loadScopes = lazyModule<typeof scopePackage>("eslint-scope");

/** A node of any type; fields are read by name. */
export type SyntaxNode = Node & { [field: string]: unknown };

/** Parses a script. `ranges` are needed by the scope analysis. Throws SyntaxError. */
export function parseScript(source: string): SyntaxNode {
  const options = {
    ecmaVersion: "latest",
    sourceType: "script",
    ranges: true,
    allowSuperOutsideMethod: true,
    allowAwaitOutsideFunction: true,
    // For `import.meta`, which cells may use.
    allowImportExportEverywhere: true,
    // A method is parsed apart from the class that declares its private names.
    checkPrivateFields: false,
  } as const;
  return loadAcorn().parse(source, options) as unknown as SyntaxNode;
}

/** Parses the source of a whole file: a CommonJS module, a script or an ES module. Throws SyntaxError. */
export function parseFile(source: string): SyntaxNode {
  const { parse } = loadAcorn();
  const options = { ecmaVersion: "latest", ranges: true, allowHashBang: true } as const;
  try {
    return parse(source, {
      ...options,
      sourceType: "script",
      allowReturnOutsideFunction: true,
    }) as unknown as SyntaxNode;
  } catch {
    // `import` and `export` are not allowed in scripts; what is wrong in both is thrown here.
    return parse(source, { ...options, sourceType: "module" }) as unknown as SyntaxNode;
  }
}

/** The child node in a field. Throws TypeError when there is none: the field is part of the node's type. */
export function childOf(node: SyntaxNode, field: string): SyntaxNode {
  const child = node[field];
  if (!isNode(child)) throw new TypeError(`${node.type} has no ${field}`);
  return child;
}

/** The nodes in a list field; empty when there is no list. */
export function childrenIn(node: SyntaxNode, field: string): readonly SyntaxNode[] {
  const children = node[field];
  return Array.isArray(children) ? children.filter(isNode) : [];
}

/** The text in a field; empty when there is none. */
export function textIn(node: SyntaxNode, field: string): string {
  const text = node[field];
  return typeof text === "string" ? text : "";
}

/** Visits the node and all its descendants, parents first; `enter` returns false to skip a branch. */
export function visitTree(node: SyntaxNode, enter: (node: SyntaxNode) => boolean | undefined): void {
  if (enter(node) !== false) forEachChild(node, (child) => visitTree(child, enter));
}

/** Each node's parent. */
export function findParents(tree: SyntaxNode): ReadonlyMap<SyntaxNode, SyntaxNode> {
  const parents = new Map<SyntaxNode, SyntaxNode>();
  visitTree(tree, (node) => {
    forEachChild(node, (child) => parents.set(child, node));
    return true;
  });
  return parents;
}

/** Identifiers that the script does not declare, in order of position. */
export function findFreeIdentifiers(tree: SyntaxNode): readonly SyntaxNode[] {
  const options = { ecmaVersion: 2022, sourceType: "script", ignoreEval: true } as const;
  const { globalScope } = loadScopes().analyze(tree as never, options);
  const free = (globalScope?.through ?? []).map((reference) => reference.identifier as unknown as SyntaxNode);
  return free.sort((a, b) => a.start - b.start);
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** Without lists: the functions of 10,000 stages have a million nodes. */
function forEachChild(node: SyntaxNode, visit: (child: SyntaxNode) => void): void {
  for (const field in node) {
    const value = node[field];
    if (typeof value !== "object" || field === "range") continue;
    if (!Array.isArray(value)) {
      if (isNode(value)) visit(value);
    } else for (const child of value) if (isNode(child)) visit(child);
  }
}
