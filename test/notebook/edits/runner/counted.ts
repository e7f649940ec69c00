/** Makes the functions of stages count their executions on `globalThis`, independently of everything that Stagebook reports. */
import ts from "typescript";

/** The statement that counts one execution. Rows whose stage function is not an argument of `stage(…)` contain it themselves. */
export const countOf = (marker: string): string => `(globalThis as any).ran.push(${marker})`;

/** The marker of a row that is executed alone. */
export const ALONE = "0";

/** The cell with the counting statement as the first one in the function of each `stage(…, (…) => …)`. */
export function countExecutions(code: string, marker = ALONE): string {
  const source = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest, true);
  const insertions: (readonly [at: number, text: string])[] = [];
  const visit = (node: ts.Node): void => {
    const body = functionBodyOf(node);
    if (body && ts.isBlock(body)) insertions.push([body.getStart() + 1, ` ${countOf(marker)};`]);
    else if (body) insertions.push([body.getStart(), `(${countOf(marker)}, `], [body.getEnd(), ")"]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return insertions
    .sort(([a], [b]) => b - a)
    .reduce((text, [at, inserted]) => text.slice(0, at) + inserted + text.slice(at), code);
}

function functionBodyOf(node: ts.Node): ts.ConciseBody | undefined {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || node.expression.text !== "stage") return;
  const fn = node.arguments.find((argument) => ts.isArrowFunction(argument) || ts.isFunctionExpression(argument));
  return fn && (ts.isArrowFunction(fn) || ts.isFunctionExpression(fn)) ? fn.body : undefined;
}
