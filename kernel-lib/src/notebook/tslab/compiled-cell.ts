/** A cell as tslab compiled it, analyzed: fixes tslab's shorthand bug, and finds the notebook variables that it reads and writes. Pure. */
import {
  childOf,
  childrenIn,
  findFreeIdentifiers,
  findParents,
  parseScript,
  textIn,
  visitTree,
  type SyntaxNode,
} from "../../key/code/syntax-tree";

type Parents = ReadonlyMap<SyntaxNode, SyntaxNode>;

export interface CompiledCell {
  /** The code to execute instead. */
  readonly code: string;
  /** Notebook variables that the cell itself reads, without those that it writes. */
  readonly reads: readonly string[];
  /** Notebook variables that the cell assigns. */
  readonly writes: readonly string[];
}

/** Calls that only define something: a variable used in a function passed to them is read by the stage, not by the cell. */
const defining = new Set([
  "stage",
  "each",
  "computed",
  "param",
  "file",
  "files",
  "resource",
  "require",
  "__importDefault",
  "__importStar",
]);

/**
 * `isVariable`: whether an earlier cell has declared the name. tslab compiles `{ quakes }` with a name from an earlier cell to an
 * unresolved name, which throws; it is replaced by `{ quakes: exports.quakes }`.
 */
export function readCompiledCell(code: string, isVariable: (name: string) => boolean): CompiledCell {
  const tree = parseScript(code);
  const parents = findParents(tree);
  const broken = findFreeIdentifiers(tree).filter(
    (node) => isBrokenShorthand(node, parents) && isVariable(textIn(node, "name")),
  );
  const { reads, writes } = findAccesses(tree, parents);
  for (const node of broken) reads.add(textIn(node, "name"));
  return {
    code: expandShorthand(code, broken),
    reads: [...reads].filter((name) => !writes.has(name)),
    writes: [...writes],
  };
}

function isBrokenShorthand(node: SyntaxNode, parents: Parents): boolean {
  const property = parents.get(node);
  return (
    property?.type === "Property" &&
    property.shorthand === true &&
    property.value === node &&
    parents.get(property)?.type === "ObjectExpression"
  );
}

function expandShorthand(code: string, broken: readonly SyntaxNode[]): string {
  let expanded = "";
  let at = 0;
  for (const node of broken) {
    expanded += `${code.slice(at, node.end)}: exports.${textIn(node, "name")}`;
    at = node.end;
  }
  return expanded + code.slice(at);
}

function findAccesses(
  tree: SyntaxNode,
  parents: Parents,
): { readonly reads: Set<string>; readonly writes: Set<string> } {
  const reads = new Set<string>();
  const nested = new Set<string>();
  const writes = new Set<string>();
  let hasEffects = false;
  visitTree(tree, (node) => {
    const scope = scopeOf(node, parents);
    hasEffects ||= scope === "cell" && isEffect(node, tree);
    const name = exportedName(node);
    if (name === undefined) return true;
    const access = accessOf(node, parents);
    if (access !== "read") writes.add(name);
    if (access === "write" || scope === "stage") return true;
    (scope === "cell" ? reads : nested).add(name);
    return true;
  });
  // What a function of the cell reads is read by its caller; a cell with effects may be that caller.
  if (hasEffects) for (const name of nested) reads.add(name);
  const isOwn = (name: string): boolean => name !== "__esModule" && !name.startsWith("tsLastExpr");
  return { reads: new Set([...reads].filter(isOwn)), writes: new Set([...writes].filter(isOwn)) };
}

/** Whether the node is a call that does more than define something. */
function isEffect(node: SyntaxNode, tree: SyntaxNode): boolean {
  if (node.type !== "CallExpression" && node.type !== "NewExpression" && node.type !== "TaggedTemplateExpression")
    return false;
  const isWrapper = childrenIn(tree, "body").some((statement) => statement.expression === node);
  return !isWrapper && !defining.has(calleeName(node));
}

function accessOf(node: SyntaxNode, parents: Parents): "read" | "write" | "both" {
  const up = parents.get(node);
  if (up?.type === "UpdateExpression") return "both";
  if (up?.type !== "AssignmentExpression" || up.left !== node) return "read";
  return up.operator === "=" ? "write" : "both";
}

/** `cell`: top-level code; `nested`: in a function of the cell; `stage`: in a function passed to a call that defines something. */
function scopeOf(node: SyntaxNode, parents: Parents): "cell" | "nested" | "stage" {
  let functions = 0;
  let at = node;
  for (let up = parents.get(at); up; up = parents.get(at)) {
    if (at !== node && /Function/.test(at.type)) {
      if (up.type === "CallExpression" && childrenIn(up, "arguments").includes(at) && defining.has(calleeName(up)))
        return "stage";
      functions++;
    }
    at = up;
  }
  // The outermost function is tslab's wrapper.
  return functions > 1 ? "nested" : "cell";
}

/** `stage` of `(0, exports.stage)(…)`, `stagebook_1.stage(…)`, `stage(…)`. */
function calleeName(call: SyntaxNode): string {
  const callee = childOf(call, call.type === "TaggedTemplateExpression" ? "tag" : "callee");
  const called = callee.type === "SequenceExpression" ? (childrenIn(callee, "expressions").at(-1) ?? callee) : callee;
  return textIn(called.type === "MemberExpression" ? childOf(called, "property") : called, "name");
}

function exportedName(node: SyntaxNode): string | undefined {
  if (
    node.type !== "MemberExpression" ||
    node.computed === true ||
    textIn(childOf(node, "object"), "name") !== "exports"
  )
    return undefined;
  return textIn(childOf(node, "property"), "name");
}
