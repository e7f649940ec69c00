/** What a cell's source says about its parameters beside their options: their types and doc comments. Pure. */
import type ts from "@tslab/typescript-for-tslab";
import type { DeclaredParam } from "../../stage/param";
import { TypeSchemas, type TypeScript } from "./type-schema";

/** A compiled cell, with the compiler that compiled it. */
export interface CheckedCell {
  readonly ts: TypeScript;
  readonly program: ts.Program;
  readonly file: ts.SourceFile;
}

/** By parameter name. A name that is defined twice, differently, is left out. */
export function readDeclaredParams({ ts, program, file }: CheckedCell): ReadonlyMap<string, DeclaredParam> {
  const checker = program.getTypeChecker();
  const schemas = new TypeSchemas(ts, program);
  const found = new Map<string, DeclaredParam>();
  const twice = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) add(node);
    ts.forEachChild(node, visit);
  };
  const add = (call: ts.CallExpression): void => {
    const [first] = call.arguments;
    const name = first && checker.getTypeAtLocation(first);
    if (!name?.isStringLiteral()) return;
    const param = declaredBy(call);
    if (!param) return;
    const before = found.get(name.value);
    if (before && JSON.stringify(before) !== JSON.stringify(param)) twice.add(name.value);
    found.set(name.value, param);
  };
  /** Undefined when the call does not return a parameter. */
  const declaredBy = (call: ts.CallExpression): DeclaredParam | undefined => {
    const returned = checker.getTypeAtLocation(call);
    if (returned.getSymbol()?.name !== "Param") return undefined;
    const [type] = checker.getTypeArguments(returned as ts.TypeReference);
    const node = call.typeArguments?.at(-1);
    const schema = type && schemas.schemaOf(type, node);
    // Of what is inferred from a default only choices are meant: its other values are examples.
    const isMeant = schema && (node !== undefined || "enum" in schema);
    const description = docCommentOf(call);
    return { ...(isMeant && { schema }), ...(description !== "" && { description }) };
  };
  const docCommentOf = (call: ts.CallExpression): string => {
    let node: ts.Node = call.parent;
    while (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node))
      node = node.parent;
    // The comment of a variable belongs to its statement.
    const list = ts.isVariableDeclaration(node) ? node.parent : node;
    if (ts.isVariableDeclarationList(list)) node = list.declarations.length === 1 ? list.parent : list;
    const { jsDoc } = node as { readonly jsDoc?: readonly ts.JSDoc[] };
    return (ts.getTextOfJSDocComment(jsDoc?.at(-1)?.comment) ?? "").trim();
  };
  visit(file);
  for (const name of twice) found.delete(name);
  return found;
}
