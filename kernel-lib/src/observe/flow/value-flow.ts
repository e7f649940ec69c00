/**
 * Whether a clock value, or a path, that is read at one place can reach the result. A static analysis of the script: a value whose every use ends in
 * a log line, a progress report, a delay, a thrown error or a throttle is a note; every other use, also one that is not understood,
 * may be part of the result.
 */
import { childOf, childrenIn, visitTree, type SyntaxNode } from "../../key/code/syntax-tree";
import { nameOf, scriptTree, type ScriptTree } from "./script-tree";

/** What is known of a place that reads a clock or a path. */
export interface ValueFlow {
  /** The value can reach the result. */
  readonly reachesResult: boolean;
  /** Some place in the same script that reads a clock has a value that can reach it. */
  readonly othersReachResult: boolean;
}

/** `path`: the value may also be part of a path that is opened; what is found there is recorded by itself. */
export type FlowSource = "clock" | "path";

/** `position`: the offset of the call, or of the property, in the source. `hash`: a digest of the source. */
export function flowOf(source: string, hash: string, position: number, from: FlowSource = "clock"): ValueFlow {
  const tree = scriptTree(source, hash);
  const read = tree?.readAt(position);
  if (!tree || !read) return { reachesResult: true, othersReachResult: false };
  const reachesResult = !new Flow(tree, from).isNote(read);
  return {
    reachesResult,
    othersReachResult: reachesResult || tree.clockReads().some((other) => !new Flow(tree, from).isNote(other)),
  };
}

/** Functions that report: their arguments do not flow back into the code. */
const REPORTING =
  /(^|\.)(console|log|logger|logging|progress|reporter|spinner|debug|trace)(\.\w+)*$|\.(log|info|warn|debug|trace|progress|report)$|(^|\.)\w*(Progress|Log|Logger)$|(^|\.)(stdout|stderr)\.write$|(^|\.)console\.\w+$/;
/** Functions that wait for the time that they are passed. */
const WAITING = /(^|\.)(setTimeout|setInterval|setImmediate|sleep|delay|wait|timeout)$|^AbortSignal\.timeout$/;
/** Errors: a failed execution has no result. */
const ERRORS = /(^|\.)\w*Error$/;
/** Functions that join paths, and those that open them. */
const JOINING = /^(node_)?(path|url|node_path|node_url)\w*(\.\w+)+$|(^|\.)pathToFileURL$/;
const OPENING =
  /^(node_)?(fs|fsp|promises|node_fs|fs_extra)\w*(\.\w+)+$|^(read|write|open|stat|mkdir|readdir|exists|access|require)\w*$/;
/** Objects of the language whose functions return something that depends on what they are passed, and do nothing else with it. */
const PURE = /^(Math|Number|String|BigInt|Date|Intl|JSON)(\.\w+)*$/;

const PASSING = new Set([
  "UnaryExpression",
  "TemplateLiteral",
  "LogicalExpression",
  "ConditionalExpression",
  "AwaitExpression",
  "ChainExpression",
  "ParenthesizedExpression",
  "SpreadElement",
  "ArrayExpression",
  "ObjectExpression",
  "BinaryExpression",
]);

class Flow {
  private readonly followed = new Set<SyntaxNode>();

  constructor(
    private readonly tree: ScriptTree,
    private readonly from: FlowSource,
  ) {}

  /** Whether every use of the expression's value is a note. */
  isNote(value: SyntaxNode): boolean {
    if (this.followed.has(value)) return true;
    this.followed.add(value);
    const parent = this.tree.parentOf(value);
    if (!parent) return false;
    if (isCondition(value, parent)) return this.isThrottle(parent);
    if (
      decides(value, parent) &&
      !this.branchesOf(parent).every((branch) => this.isHarmless(branch) || !hasEffects(branch))
    )
      return false;
    if (PASSING.has(parent.type)) return this.isNote(parent);
    switch (parent.type) {
      case "ExpressionStatement":
      case "ThrowStatement":
        return true;
      case "Property":
        return parent.value === value && this.isNoteOfProperty(parent);
      case "MemberExpression":
        return parent.object === value && this.isNote(parent);
      case "SequenceExpression":
        return childrenIn(parent, "expressions").at(-1) !== value || this.isNote(parent);
      case "VariableDeclarator":
        return parent.init === value && this.areNotes(childOf(parent, "id"));
      case "AssignmentExpression":
        return (parent.left === value || this.areNotes(childOf(parent, "left"))) && this.isNote(parent);
      case "UpdateExpression":
        return this.isNote(parent);
      case "CallExpression":
      case "NewExpression":
        return this.isNoteOfCall(value, parent);
      case "ReturnStatement":
        return this.isNoteOfFunction(this.functionAround(parent));
      case "ArrowFunctionExpression":
        return parent.body === value && this.isNoteOfFunction(parent);
      default:
        return false;
    }
  }

  private isNoteOfProperty(property: SyntaxNode): boolean {
    const object = this.tree.parentOf(property);
    return object?.type === "ObjectExpression" && this.isNote(object);
  }

  private isNoteOfCall(value: SyntaxNode, call: SyntaxNode): boolean {
    const callee = childOf(call, "callee");
    // A method of the value itself: `.toFixed()`, `.toISOString()`.
    if (callee === value) return value.type === "MemberExpression" && this.isNote(call);
    const name = nameOf(callee);
    if (ERRORS.test(name) || PURE.test(name)) return this.isNote(call);
    if (isReport(name)) return true;
    if (this.from === "path" && JOINING.test(name)) return this.isNote(call);
    if (this.from === "path" && OPENING.test(name)) return true;
    // A function that formats: what it returns goes on. A function whose result is not used does something else with the value.
    return callee.type === "Identifier" && !this.isStatement(call) && this.isNote(call);
  }

  /** Whether the value of a call is dropped: `f(x);`, `await f(x);`. */
  private isStatement(call: SyntaxNode): boolean {
    const parent = this.tree.parentOf(call);
    if (parent?.type === "AwaitExpression" || parent?.type === "ChainExpression") return this.isStatement(parent);
    return parent?.type === "ExpressionStatement";
  }

  /** All uses of what is declared or assigned. */
  private areNotes(target: SyntaxNode): boolean {
    if (target.type === "ArrayPattern")
      return childrenIn(target, "elements").every((element) => this.areNotes(element));
    if (target.type !== "Identifier") return false;
    return this.tree.usesOf(target)?.every((use) => this.isNote(use)) === true;
  }

  /** A function that returns the value: every call of it reads the clock. */
  private isNoteOfFunction(fn: SyntaxNode | undefined): boolean {
    if (!fn || this.followed.has(fn)) return fn !== undefined;
    this.followed.add(fn);
    const parent = this.tree.parentOf(fn);
    const name =
      fn.type === "FunctionDeclaration"
        ? childOf(fn, "id")
        : parent?.type === "VariableDeclarator"
          ? childOf(parent, "id")
          : undefined;
    if (name?.type !== "Identifier") return false;
    return this.tree.usesOf(name)?.every((use) => this.isNoteOfCallTo(use)) === true;
  }

  private isNoteOfCallTo(use: SyntaxNode): boolean {
    const call = this.tree.parentOf(use);
    return call?.type === "CallExpression" && call.callee === use && this.isNote(call);
  }

  private functionAround(node: SyntaxNode): SyntaxNode | undefined {
    for (let at = this.tree.parentOf(node); at; at = this.tree.parentOf(at)) if (/Function/.test(at.type)) return at;
    return undefined;
  }

  /** A condition on the clock decides whether something happens: all of that must be a note too. */
  private isThrottle(guard: SyntaxNode): boolean {
    return guard.type === "IfStatement" && this.branchesOf(guard).every((branch) => this.isHarmless(branch));
  }

  private branchesOf(guard: SyntaxNode): readonly SyntaxNode[] {
    if (guard.type === "LogicalExpression") return [childOf(guard, "right")];
    const consequent = childOf(guard, "consequent");
    return guard.alternate === null ? [consequent] : [consequent, childOf(guard, "alternate")];
  }

  private isHarmless(node: SyntaxNode): boolean {
    switch (node.type) {
      case "BlockStatement":
        return childrenIn(node, "body").every((statement) => this.isHarmless(statement));
      case "ExpressionStatement":
        return this.isHarmless(childOf(node, "expression"));
      case "IfStatement":
        return this.branchesOf(node).every((branch) => this.isHarmless(branch));
      case "AwaitExpression":
        return this.isHarmless(childOf(node, "argument"));
      case "ThrowStatement":
      case "EmptyStatement":
        return true;
      case "CallExpression":
        return isReport(nameOf(childOf(node, "callee")));
      case "AssignmentExpression":
        return this.areNotes(childOf(node, "left"));
      case "UpdateExpression":
        return this.areNotes(childOf(node, "argument"));
      default:
        return false;
    }
  }
}

/** Whether the value is the condition of a statement. */
function isCondition(value: SyntaxNode, parent: SyntaxNode): boolean {
  if (/^(If|While|DoWhile|For)Statement$/.test(parent.type)) return parent.test === value;
  return parent.type === "SwitchStatement" && parent.discriminant === value;
}

/** Whether the value decides which part of an expression is evaluated. */
function decides(value: SyntaxNode, parent: SyntaxNode): boolean {
  if (parent.type === "LogicalExpression") return parent.left === value;
  return parent.type === "ConditionalExpression" && parent.test === value;
}

const isReport = (name: string): boolean => !PURE.test(name) && (REPORTING.test(name) || WAITING.test(name));

/** Whether an expression does anything but compute a value, as far as its syntax tells. */
function hasEffects(expression: SyntaxNode): boolean {
  let found = false;
  visitTree(expression, (node) => {
    found ||= /^(Assignment|Update|Yield|New)Expression$/.test(node.type);
    found ||=
      node.type === "CallExpression" &&
      !PURE.test(nameOf(childOf(node, "callee"))) &&
      !isReport(nameOf(childOf(node, "callee")));
    return !found && !/Function/.test(node.type);
  });
  return found;
}
