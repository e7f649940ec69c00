/** Lets the bodies of stages count themselves on `globalThis`, outside of everything that Stagebook reports. */
import ts from "typescript";

/** What a body does to be counted. Rows whose stage function stands elsewhere say it themselves. */
export const COUNT = "(globalThis as any).ran.push(0)";

/** The cell with the count as the first thing in the function of each `stage(…, (…) => …)`. */
export function countBodies(code: string): string {
  const source = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest, true);
  const insertions: (readonly [at: number, text: string])[] = [];
  const visit = (node: ts.Node): void => {
    const body = bodyOfStage(node);
    if (body && ts.isBlock(body)) insertions.push([body.getStart() + 1, ` ${COUNT};`]);
    else if (body) insertions.push([body.getStart(), `(${COUNT}, `], [body.getEnd(), ")"]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return insertions
    .sort(([a], [b]) => b - a)
    .reduce((text, [at, inserted]) => text.slice(0, at) + inserted + text.slice(at), code);
}

function bodyOfStage(node: ts.Node): ts.ConciseBody | undefined {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || node.expression.text !== "stage") return;
  const fn = node.arguments.find((argument) => ts.isArrowFunction(argument) || ts.isFunctionExpression(argument));
  return fn && (ts.isArrowFunction(fn) || ts.isFunctionExpression(fn)) ? fn.body : undefined;
}
