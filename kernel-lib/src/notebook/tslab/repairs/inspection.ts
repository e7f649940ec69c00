/**
 * Inspection with formatted documentation, and inside a call. tslab answers on a name alone, with plain text in which examples and
 * parameters run together; between the parentheses of a call, where the parameters are of interest, it finds nothing.
 */
import type ts from "@tslab/typescript-for-tslab";
import type { Compiler } from "../compiler";
import { readCell } from "./compiler/cell-source";
import type { Repair } from "./repair";

export const inspection: Repair = {
  name: "inspection",
  installInCompiler({ compiler, kernel }) {
    const { inspect } = compiler.converter;
    let last: ts.QuickInfo | undefined;
    compiler.converter.inspect = (declarations, source, position) => {
      const found = inspect(declarations, source, position);
      const callee = found ? undefined : calleeAt(compiler, source, position);
      last = callee === undefined ? found : inspect(declarations, source, callee);
      return last;
    };
    for (const { JupyterHandlerImpl } of kernel.copies) {
      const handler = JupyterHandlerImpl.prototype;
      const { handleInspect } = handler;
      handler.handleInspect = function (request) {
        last = undefined;
        const reply = handleInspect.call(this, request);
        return last ? { ...reply, data: { ...reply.data, "text/markdown": markdownOf(last) } } : reply;
      };
    }
  },
};

/** The end of the name of what is called where the position is an argument. */
function calleeAt(compiler: Compiler, source: string, position: number): number | undefined {
  const { ts } = compiler;
  const { file, offset } = readCell(compiler, source);
  const at = position + offset;
  let callee: number | undefined;
  const visit = (node: ts.Node): void => {
    if (node.pos > at || node.end < at) return;
    const isCall = ts.isCallExpression(node) || ts.isNewExpression(node);
    // Behind its opening parenthesis.
    if (isCall && at > node.expression.end && node.arguments) callee = nameEnd(ts, node.expression) - offset;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return callee;
}

function nameEnd(ts: Compiler["ts"], expression: ts.Expression): number {
  return ts.isPropertyAccessExpression(expression) ? expression.name.getStart() : expression.getStart();
}

function markdownOf({ displayParts = [], documentation = [], tags = [] }: ts.QuickInfo): string {
  const text = (parts: readonly ts.SymbolDisplayPart[] = []): string => parts.map((part) => part.text).join("");
  return [
    `\`\`\`ts\n${text(displayParts)}\n\`\`\``,
    text(documentation),
    ...tags.map(({ name, text: parts }) => tagOf(name, text(parts))),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function tagOf(name: string, text: string): string {
  if (name !== "example") return `_@${name}_ ${text}`.trim();
  return text.includes("```") ? text : `\`\`\`ts\n${text}\n\`\`\``;
}
