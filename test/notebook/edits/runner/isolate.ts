/** Isolation of a row: its variables, stages and parameters with a prefix, so that many rows can share one notebook. */
import ts from "typescript";

/** Code that reaches beyond the notebook's own names: files, modules, the environment, globals. */
const REACHES_OUT = /\bimport\b|\bfile\(|\bprocess\b|\brequire\((?!"util"\))|\(globalThis as any\)\.(?!ran\b)/;

/**
 * Renames in all pieces of code what the row declares: its top-level names and its stages and parameters, `prefix` before each.
 * Renaming is consistent: shorthand properties and patterns stay shorthand. Undefined when the row cannot be isolated: it reaches
 * beyond its own names, or one of them is also the name of a property, or a stage's name is computed. `show` is renamed too, and comes last.
 */
export function isolate(
  cells: readonly string[],
  show: string,
  stages: readonly string[],
  prefix: string,
): string[] | undefined {
  const codes = [...cells, show];
  if (codes.some((code) => REACHES_OUT.test(code))) return undefined;
  const sources = codes.map((code) => ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest, true));
  const variables = new Set(sources.flatMap(declaredNames));
  const literals = new Set([...stages, ...sources.flatMap((source) => firstArguments(source, ["stage", "param"]))]);
  const written = new Set(sources.slice(0, -1).flatMap((source) => firstArguments(source)));
  if (stages.some((stage) => !written.has(stage))) return undefined;
  if (sources.some((source) => hasPropertyOf(source, new Set([...variables, ...literals])))) return undefined;
  return sources.map((source) => prefixNames(source, variables, literals, prefix));
}

function declaredNames(source: ts.SourceFile): string[] {
  return source.statements.flatMap((statement) => {
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
    const isNamed =
      ts.isFunctionDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isEnumDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement);
    return isNamed && statement.name ? [statement.name.text] : [];
  });
}

function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : boundNames(element.name)));
}

/** String literals that are the first argument of a call; of any call when no callees are named. */
function firstArguments(source: ts.SourceFile, callees?: readonly string[]): string[] {
  const found: string[] = [];
  visit(source, (node) => {
    if (!ts.isStringLiteral(node) || !isFirstArgument(node)) return;
    const callee = (node.parent as ts.CallExpression).expression;
    if (!callees || (ts.isIdentifier(callee) && callees.includes(callee.text))) found.push(node.text);
  });
  return found;
}

const isFirstArgument = (node: ts.StringLiteral): boolean =>
  ts.isCallExpression(node.parent) && node.parent.arguments[0] === node;

/** Whether one of the names is written as the name of a property, which must not be renamed. */
function hasPropertyOf(source: ts.SourceFile, names: ReadonlySet<string>): boolean {
  let isFound = false;
  visit(source, (node) => {
    if (ts.isIdentifier(node) && names.has(node.text)) isFound ||= isPropertyName(node);
  });
  return isFound;
}

function isPropertyName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isBindingElement(parent)) return parent.propertyName === node;
  const hasName =
    ts.isPropertyAssignment(parent) || ts.isClassElement(parent) || ts.isTypeElement(parent) || ts.isEnumMember(parent);
  return hasName && parent.name === node;
}

function prefixNames(
  source: ts.SourceFile,
  variables: ReadonlySet<string>,
  literals: ReadonlySet<string>,
  prefix: string,
): string {
  const at: number[] = [];
  visit(source, (node) => {
    if (ts.isIdentifier(node) && variables.has(node.text)) at.push(node.getStart());
    if (ts.isStringLiteral(node) && isFirstArgument(node) && literals.has(node.text)) at.push(node.getStart() + 1);
  });
  return at
    .sort((a, b) => b - a)
    .reduce((text, start) => text.slice(0, start) + prefix + text.slice(start), source.text);
}

function visit(node: ts.Node, act: (node: ts.Node) => void): void {
  act(node);
  ts.forEachChild(node, (child) => visit(child, act));
}
