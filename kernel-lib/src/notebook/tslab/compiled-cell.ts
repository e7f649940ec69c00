/** A cell as tslab compiled it, analyzed: fixes tslab's shorthand bug, replaces names that cells lack, and finds the notebook variables that it reads and writes. Pure. */
import { sharedName } from "./shared-names";
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

/** What a cell does with the notebook's variables. */
export interface CellAccess {
  /** Those of earlier cells that the cell itself reads, without those that it certainly assigns first; with the `shared-names`. */
  readonly reads: readonly string[];
  /** Those that functions read which the cell passes to `stage` and the like: the stage reads them, not the cell. */
  readonly captures: readonly string[];
  /** Those that the cell declares or assigns. */
  readonly writes: readonly string[];
  /** Whether the cell does anything that could change a value in place: it calls something, or assigns to a property. */
  readonly hasEffects: boolean;
}

export interface CompiledCell extends CellAccess {
  /** The code to execute instead. */
  readonly code: string;
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
 * unresolved name, which throws; it is replaced by `{ quakes: exports.quakes }`. `names`: code for names that cells lack, by name;
 * `import.meta` and its properties are such names.
 */
export function readCompiledCell(
  code: string,
  isVariable: (name: string) => boolean,
  names: ReadonlyMap<string, string> = new Map(),
): CompiledCell {
  const tree = parseScript(code);
  const parents = findParents(tree);
  const free = findFreeIdentifiers(tree);
  const broken = free.filter((node) => isBrokenShorthand(node, parents) && isVariable(textIn(node, "name")));
  const shorthand = broken.map((node): Access => ({ name: textIn(node, "name"), kind: "read", scope: scopeOf(node, parents), isCertain: false, at: node.start })); // prettier-ignore
  const edits = [
    ...broken.map((node) => shorthandEdit(node, `exports.${textIn(node, "name")}`)),
    ...(names.size > 0 ? nameEdits(free, tree, parents, names) : []),
  ];
  return { code: applyEdits(code, edits), ...summarize(tree, parents, shorthand) };
}

/** Text that replaces a part of the code. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const shorthandEdit = (node: SyntaxNode, text: string): Edit => ({ start: node.end, end: node.end, text: `: ${text}` });

function isBrokenShorthand(node: SyntaxNode, parents: Parents): boolean {
  const property = parents.get(node);
  return (
    property?.type === "Property" &&
    property.shorthand === true &&
    property.value === node &&
    parents.get(property)?.type === "ObjectExpression"
  );
}

/** `names` holds only free names that no cell has declared. */
function nameEdits(
  free: readonly SyntaxNode[],
  tree: SyntaxNode,
  parents: Parents,
  names: ReadonlyMap<string, string>,
): readonly Edit[] {
  const edits = free.flatMap((node): readonly Edit[] => {
    const text = names.get(textIn(node, "name"));
    if (text === undefined) return [];
    return [isBrokenShorthand(node, parents) ? shorthandEdit(node, text) : { start: node.start, end: node.end, text }];
  });
  visitTree(tree, (node) => {
    if (node.type !== "MetaProperty" || textIn(childOf(node, "meta"), "name") !== "import") return true;
    const member = parents.get(node);
    const isNamed = member?.type === "MemberExpression" && member.object === node && member.computed !== true;
    const property = isNamed ? names.get(`import.meta.${textIn(childOf(member, "property"), "name")}`) : undefined;
    const { start, end } = property !== undefined && member ? member : node;
    edits.push({ start, end, text: property ?? names.get("import.meta") ?? "import.meta" });
    return true;
  });
  return edits;
}

function applyEdits(code: string, edits: readonly Edit[]): string {
  let edited = "";
  let at = 0;
  for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start)) {
    edited += code.slice(at, start) + text;
    at = end;
  }
  return edited + code.slice(at);
}

/** One place where the code names a notebook variable. */
interface Access {
  readonly name: string;
  readonly kind: "read" | "write" | "both";
  readonly scope: Scope;
  /** Executed whenever the cell is: not in a branch, a loop or a function. */
  readonly isCertain: boolean;
  /** Its place in the order of evaluation: an assignment comes after what it assigns. */
  readonly at: number;
}

function summarize(tree: SyntaxNode, parents: Parents, shorthand: readonly Access[]): CellAccess {
  const accesses = [...shorthand];
  let calls = false;
  let hasEffects = false;
  visitTree(tree, (node) => {
    const scope = scopeOf(node, parents);
    if (scope !== "stage") hasEffects ||= isMutation(node);
    calls ||= scope === "cell" && isEffect(node, tree);
    // What a stage reads beside variables is observed while it runs.
    const name = exportedName(node) ?? (scope === "stage" ? undefined : sharedName(node));
    if (name !== undefined && isOwn(name)) accesses.push(accessAt(node, name, scope, parents));
    return true;
  });
  accesses.sort((a, b) => a.at - b.at);
  const declared = declaredNames(tree);
  // What a function of the cell does is done by its caller; a cell that calls something may be that caller.
  const own = accesses.filter(({ scope }) => scope === "cell" || (calls && scope === "nested"));
  const foreign = own.filter(({ name }) => !declared.has(name));
  const captured = accesses.filter(({ scope, kind }) => scope === "stage" && kind !== "write");
  return {
    reads: namesIn(foreign).filter((name) => isRead(foreign.filter((each) => each.name === name))),
    captures: [...new Set([...namesIn(captured), ...declaredInStages(tree, parents, declared)])],
    writes: [...new Set([...declared, ...namesIn(own.filter(({ kind }) => kind !== "read"))])].filter(isOwn),
    hasEffects: hasEffects || calls,
  };
}

/** Variables that the cell declares, and that a stage's function reads by their own name. */
function declaredInStages(tree: SyntaxNode, parents: Parents, declared: ReadonlySet<string>): readonly string[] {
  const names = new Set<string>();
  visitTree(tree, (node) => {
    const name = node.type === "Identifier" ? textIn(node, "name") : "";
    if (declared.has(name) && !names.has(name) && scopeOf(node, parents) === "stage") names.add(name);
    return true;
  });
  return [...names];
}

const namesIn = (accesses: readonly Access[]): readonly string[] => [...new Set(accesses.map(({ name }) => name))];

/** tslab's own names are none of the notebook's. */
const isOwn = (name: string): boolean => name !== "__esModule" && !name.startsWith("tsLastExpr");

/** Whether the value of before counts: unless the first thing that happens to the variable is that it is assigned. */
function isRead(accesses: readonly Access[]): boolean {
  const [first] = accesses;
  return first !== undefined && !(first.kind === "write" && first.isCertain);
}

/** `exports.a = exports.b = void 0`, with which the compiled code begins: the names that the cell declares. */
function declaredNames(tree: SyntaxNode): ReadonlySet<string> {
  const names = new Set<string>();
  visitTree(tree, (node) => {
    if (node.type !== "AssignmentExpression") return true;
    const chain: string[] = [];
    let at = node;
    for (; at.type === "AssignmentExpression"; at = childOf(at, "right"))
      chain.push(exportedName(childOf(at, "left")) ?? "");
    if (at.type === "UnaryExpression" && at.operator === "void") for (const name of chain) names.add(name);
    return true;
  });
  return names;
}

function accessAt(node: SyntaxNode, name: string, scope: Scope, parents: Parents): Access {
  const kind = accessOf(node, parents);
  const up = parents.get(node);
  const isCertain = scope === "cell" && up !== undefined && isStatement(outermost(up, parents), parents);
  return { name, kind, scope, isCertain, at: kind === "write" && up ? up.end : node.start };
}

/** `a = b = 1` of `b = 1`: tslab assigns the last expression of a cell to a name of its own. */
function outermost(assignment: SyntaxNode, parents: Parents): SyntaxNode {
  const up = parents.get(assignment);
  return up?.type === "AssignmentExpression" && up.right === assignment ? outermost(up, parents) : assignment;
}

/** Whether the expression is a statement of the cell's own: its block is the body of tslab's wrapper. */
function isStatement(expression: SyntaxNode, parents: Parents): boolean {
  const statement = parents.get(expression);
  const block = statement && parents.get(statement);
  const owner = block && parents.get(block);
  const isOwn = block?.type === "BlockStatement" && owner !== undefined && /Function/.test(owner.type);
  return statement?.type === "ExpressionStatement" && isOwn;
}

/** An assignment to a property, or what hands control to code of others without a call. */
function isMutation(node: SyntaxNode): boolean {
  switch (node.type) {
    case "AssignmentExpression":
      return isMember(childOf(node, "left"));
    case "UpdateExpression":
      return isMember(childOf(node, "argument"));
    case "UnaryExpression":
      return node.operator === "delete";
    case "ArrayPattern":
    case "ObjectPattern":
    case "AwaitExpression":
    case "YieldExpression":
    case "ForOfStatement":
    case "SpreadElement":
      return true;
    default:
      return false;
  }
}

function isMember(node: SyntaxNode): boolean {
  return node.type === "MemberExpression" && exportedName(node) === undefined && sharedName(node) === undefined;
}

/** Whether the node is a call that does more than define something. */
function isEffect(node: SyntaxNode, tree: SyntaxNode): boolean {
  if (node.type !== "CallExpression" && node.type !== "NewExpression" && node.type !== "TaggedTemplateExpression")
    return false;
  const isWrapper = childrenIn(tree, "body").some((statement) => statement.expression === node);
  return !isWrapper && !isPrologue(node) && !defining.has(calleeName(node));
}

/** `Object.defineProperty(exports, "__esModule", …)`, with which every cell begins. */
function isPrologue(call: SyntaxNode): boolean {
  const [target, key] = childrenIn(call, "arguments");
  return calleeName(call) === "defineProperty" && target?.name === "exports" && key?.value === "__esModule";
}

function accessOf(node: SyntaxNode, parents: Parents): "read" | "write" | "both" {
  const up = parents.get(node);
  if (up?.type === "UpdateExpression") return "both";
  if (up?.type === "UnaryExpression" && up.operator === "delete") return "write";
  if (up && isTarget(node, up, parents)) return "both";
  if (up?.type !== "AssignmentExpression" || up.left !== node) return "read";
  return up.operator === "=" ? "write" : "both";
}

type Scope = "cell" | "nested" | "stage";

/** Whether a pattern or a loop assigns to it. */
function isTarget(node: SyntaxNode, up: SyntaxNode, parents: Parents): boolean {
  switch (up.type) {
    case "ArrayPattern":
    case "RestElement":
      return true;
    case "AssignmentPattern":
    case "ForOfStatement":
    case "ForInStatement":
      return up.left === node;
    case "Property":
      return up.value === node && parents.get(up)?.type === "ObjectPattern";
    default:
      return false;
  }
}

/** `cell`: top-level code; `nested`: in a function of the cell; `stage`: in a function passed to a call that defines something. */
function scopeOf(node: SyntaxNode, parents: Parents): Scope {
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
