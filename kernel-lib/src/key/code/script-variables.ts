/** Which variables of a script no longer change once a function has captured them, and from where on they have their value. */
import type { Reference, Scope, Variable } from "eslint-scope";
import { loadAcorn, loadScopes, visitTree, type SyntaxNode } from "./syntax-tree";

/** Offsets in the script. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** `isHoisted`: it exists before the code in front of it has been executed. */
interface InnerFunction extends Range {
  readonly isHoisted: boolean;
}

/** An assignment after the declaration, up to the end of the value. `isInner`: a function inside makes it, at any time. */
interface Write extends Range {
  readonly isInner: boolean;
}

interface Declared {
  /** Where it is visible. */
  readonly scope: Range;
  readonly writes: readonly Write[];
  /** From this offset on it has its value. */
  readonly initializedAt: number;
  /** The outermost functions of its scope. */
  readonly functions: readonly InnerFunction[];
}

export class ScriptVariables {
  private constructor(
    private readonly source: string,
    /** By name. */
    private readonly variables: ReadonlyMap<string, readonly Declared[]>,
    private readonly loops: readonly Range[],
  ) {}

  /** Undefined for a script that cannot be parsed. */
  static of(source: string, isModule: boolean): ScriptVariables | undefined {
    const tree = parseScript(source, isModule);
    return tree && new ScriptVariables(source, variablesIn(tree, isModule), loopsIn(tree));
  }

  /**
   * Whether the variable of that name which a function at a position (`line:column`, both from 1) captured may be assigned when the
   * function exists. A declaration with a value is not an assignment. True when in doubt.
   */
  isAssigned(name: string, position: string): boolean {
    const offset = positionOffset(this.source, position);
    const variable = this.find(name, offset);
    if (!variable) return true;
    return variable.writes.some((write) => !this.isBefore(write, offset, variable));
  }

  /** Whether code assigns a variable before it creates the function at an offset, and cannot come back to it. */
  private isBefore(write: Write, offset: number, { scope, functions }: Declared): boolean {
    const outermost = functions.find((each) => contains(each, offset));
    if (write.isInner || !outermost || outermost.isHoisted || write.end > outermost.start) return false;
    return !this.loops.some(
      (loop) => contains(loop, write.start) && contains(loop, offset) && loop.start >= scope.start,
    );
  }

  /** Whether that variable had been initialized when the function was created: what it holds then is its value. False when in doubt. */
  isInitialized(name: string, position: string): boolean {
    const offset = positionOffset(this.source, position);
    const variable = this.find(name, offset);
    const outermost = variable?.functions.find((each) => contains(each, offset));
    return (
      variable !== undefined &&
      outermost !== undefined &&
      !outermost.isHoisted &&
      outermost.start >= variable.initializedAt
    );
  }

  private find(name: string, offset: number): Declared | undefined {
    let nearest: Declared | undefined;
    // Of two scopes of one node the inner one comes later.
    for (const each of this.variables.get(name) ?? [])
      if (contains(each.scope, offset) && !(nearest && sizeOf(nearest.scope) < sizeOf(each.scope))) nearest = each;
    return nearest;
  }
}

const sizeOf = ({ start, end }: Range): number => end - start;
const contains = ({ start, end }: Range, offset: number): boolean => offset >= start && offset < end;
const rangeOf = (node: unknown): Range => node as SyntaxNode;

function variablesIn(tree: SyntaxNode, isModule: boolean): ReadonlyMap<string, readonly Declared[]> {
  const sourceType = isModule ? "module" : "commonjs";
  const { scopes } = loadScopes().analyze(tree as never, { ecmaVersion: 2022, sourceType, ignoreEval: true });
  const all = new Map<string, Declared[]>();
  for (const scope of scopes) {
    const { start, end } = rangeOf(scope.block);
    const functions = functionsIn(scope);
    for (const variable of scope.variables) {
      const known = all.get(variable.name) ?? [];
      const initializedAt = Math.max(start, ...variable.defs.map(initializedAtOf));
      known.push({ scope: { start, end }, writes: writesOf(variable), initializedAt, functions });
      all.set(variable.name, known);
    }
  }
  return all;
}

/** Not those inside others. */
function functionsIn(scope: Scope): readonly InnerFunction[] {
  return scope.childScopes.flatMap((child): readonly InnerFunction[] => {
    if (child.type !== "function") return functionsIn(child);
    const { start, end } = rangeOf(child.block);
    return [{ start, end, isHoisted: child.block.type === "FunctionDeclaration" }];
  });
}

function writesOf({ references, scope }: Variable): readonly Write[] {
  return references
    .filter((reference) => reference.isWrite() && reference.init !== true)
    .map((reference) => ({
      start: rangeOf(reference.identifier).start,
      end: Math.max(rangeOf(reference.identifier).end, endOfValue(reference)),
      isInner: reference.from.variableScope !== scope.variableScope,
    }));
}

/** A value that is assigned may create the function that captures the variable. */
const endOfValue = ({ writeExpr }: Reference): number => (writeExpr ? rangeOf(writeExpr).end : 0);

function loopsIn(tree: SyntaxNode): readonly Range[] {
  const loops: Range[] = [];
  visitTree(tree, (node) => {
    if (/^(For|While|DoWhile)/.test(node.type)) loops.push(rangeOf(node));
    return true;
  });
  return loops;
}

function initializedAtOf({ type, node, name, parent }: Variable["defs"][number]): number {
  switch (type as string) {
    case "Parameter":
      return rangeOf(name).end;
    case "ClassName":
      return rangeOf(node).end;
    case "FunctionName":
      return 0;
    case "Variable":
      return (parent as { readonly kind?: string } | null)?.kind === "var" ? Infinity : rangeOf(node).end;
    default:
      return Infinity;
  }
}

/** The offset of a position in a text, `line:column`, both from 1. */
export function positionOffset(source: string, position: string): number {
  const [line = 1, column = 1] = position.split(":").map(Number);
  let at = 0;
  for (let left = line - 1; left > 0; left--) at = source.indexOf("\n", at) + 1;
  return at + column - 1;
}

function parseScript(source: string, isModule: boolean): SyntaxNode | undefined {
  try {
    return loadAcorn().parse(source, {
      ecmaVersion: "latest",
      sourceType: isModule ? "module" : "script",
      ranges: true,
      allowReturnOutsideFunction: true,
      allowHashBang: true,
    }) as unknown as SyntaxNode;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
