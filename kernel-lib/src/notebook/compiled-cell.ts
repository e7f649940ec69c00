/** A cell as tslab compiled it: mends its shorthand bug, and finds what notebook variables it reads and writes. Pure. */
import { parse, type Node } from "acorn";
import { analyze } from "eslint-scope";

type AnyNode = Node & { [field: string]: unknown };

export interface CompiledCell {
  /** The code to run instead. */
  readonly code: string;
  /** Notebook variables that the cell itself reads, its own left out. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** Calls that only define something: a variable used inside their functions is read by the stage, not by the cell. */
const defining = new Set(["stage", "each", "computed", "param", "file", "resource", "require", "__importDefault", "__importStar"]);

/**
 * `isVariable`: whether an earlier cell has declared the name. tslab compiles `{ quakes }` with a name of an earlier cell to an
 * unresolved name, which throws; it becomes `{ quakes: exports.quakes }`.
 */
export function readCompiledCell(code: string, isVariable: (name: string) => boolean): CompiledCell {
  const tree = parse(code, { ecmaVersion: "latest", sourceType: "script", ranges: true, allowAwaitOutsideFunction: true }) as unknown as AnyNode;
  const parents = new Map<AnyNode, AnyNode>();
  visit(tree, (node) => {
    for (const child of childrenOf(node)) parents.set(child, node);
  });
  const free = analyze(tree as never, { ecmaVersion: 2022, sourceType: "script", ignoreEval: true }).globalScope?.through ?? [];
  const broken = free.map((reference) => reference.identifier as unknown as AnyNode).filter((node) => isBrokenShorthand(node, parents) && isVariable(node.name as string));
  const { reads, writes } = findAccesses(tree, parents);
  for (const node of broken) reads.add(node.name as string);
  return { code: mend(code, broken), reads: [...reads].filter((name) => !writes.has(name)), writes: [...writes] };
}

function isBrokenShorthand(node: AnyNode, parents: ReadonlyMap<AnyNode, AnyNode>): boolean {
  const property = parents.get(node);
  return property?.type === "Property" && property.shorthand === true && property.value === node && parents.get(property)?.type === "ObjectExpression";
}

function mend(code: string, broken: readonly AnyNode[]): string {
  let mended = "";
  let at = 0;
  for (const node of [...broken].sort((a, b) => a.start - b.start)) {
    mended += `${code.slice(at, node.end)}: exports.${node.name as string}`;
    at = node.end;
  }
  return mended + code.slice(at);
}

function findAccesses(tree: AnyNode, parents: ReadonlyMap<AnyNode, AnyNode>): { reads: Set<string>; writes: Set<string> } {
  const reads = new Set<string>();
  const nested = new Set<string>();
  const writes = new Set<string>();
  let acts = false;
  visit(tree, (node) => {
    const place = placeOf(node, parents);
    if (node.type === "CallExpression" || node.type === "NewExpression" || node.type === "TaggedTemplateExpression") acts ||= place === "top" && !defining.has(calleeName(node)) && !isWrapper(node, tree);
    const name = exportedName(node);
    if (name === undefined) return;
    const up = parents.get(node);
    const written = (up?.type === "AssignmentExpression" && up.left === node) || up?.type === "UpdateExpression";
    if (written) writes.add(name);
    if (written && up.type === "AssignmentExpression" && up.operator === "=") return;
    if (place === "top") reads.add(name);
    else if (place === "nested") nested.add(name);
  });
  // Functions that the cell only defines are read by whoever calls them; one that acts may call them itself.
  if (acts) for (const name of nested) reads.add(name);
  for (const name of ["__esModule", "tsLastExpr"]) {
    reads.delete(name);
    writes.delete(name);
  }
  return { reads, writes };
}

/** `top`: executed with the cell; `nested`: in a function of it; `stage`: in a function that defines a stage. */
function placeOf(node: AnyNode, parents: ReadonlyMap<AnyNode, AnyNode>): "top" | "nested" | "stage" {
  let place: "top" | "nested" = "top";
  let functions = 0;
  for (let at: AnyNode | undefined = node, up = parents.get(node); at && up; at = up, up = parents.get(up)) {
    if (!/Function/.test(at.type) || at === node) continue;
    if (up.type === "CallExpression" && (up.arguments as AnyNode[]).includes(at) && defining.has(calleeName(up))) return "stage";
    functions++;
  }
  // The outermost function is tslab's wrapper.
  if (functions > 1) place = "nested";
  return place;
}

function isWrapper(call: AnyNode, tree: AnyNode): boolean {
  return (tree.body as AnyNode[]).some((statement) => statement.expression === call);
}

/** `stage` of `(0, exports.stage)(…)`, `stagebook_1.stage(…)`, `stage(…)`. */
function calleeName(call: AnyNode): string {
  let callee = (call.callee ?? call.tag) as AnyNode;
  if (callee.type === "SequenceExpression") callee = (callee.expressions as AnyNode[]).at(-1)!;
  if (callee.type === "MemberExpression") return String((callee.property as AnyNode).name ?? "");
  return callee.type === "Identifier" ? (callee.name as string) : "";
}

function exportedName(node: AnyNode): string | undefined {
  if (node.type !== "MemberExpression" || node.computed || (node.object as AnyNode).type !== "Identifier" || (node.object as AnyNode).name !== "exports") return undefined;
  return (node.property as AnyNode).name as string;
}

function visit(node: AnyNode, enter: (node: AnyNode) => void): void {
  enter(node);
  for (const child of childrenOf(node)) visit(child, enter);
}

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node).flatMap((value) => (Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []));
}

const isNode = (value: unknown): value is AnyNode => typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
