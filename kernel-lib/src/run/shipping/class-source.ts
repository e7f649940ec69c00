/** Source of a class, to be evaluated again elsewhere: without the code that ran once when it was defined. Line numbers stay the same. */
import { childOf, childrenIn, isNode, parseScript, textIn, type SyntaxNode } from "../../key/code/syntax-tree";
import { PROVIDED } from "./shipment";

/** A method, getter or setter of the class. */
export interface ClassMember {
  readonly isStatic: boolean;
  /** Undefined for a computed name. */
  readonly key?: string;
  readonly part: "value" | "get" | "set";
  /** The function's `toString()`. */
  readonly text: string;
}

export interface ClassSource {
  /** Refers to `$stagebook.base`, `$stagebook.keys[0]`, …; passes a function that sets private static fields to `$stagebook.expose`. */
  readonly source: string;
  readonly members: readonly ClassMember[];
  /** Members whose names are in `$stagebook.keys`, in order. */
  readonly keyed: readonly ClassMember[];
  /** The source of a field with a computed name: its name cannot be determined. */
  readonly unclearField?: string;
  /** A private field of instances, which no copy can get: `#pin`. */
  readonly privateName?: string;
  readonly privateStatics: readonly string[];
  readonly extendsNull: boolean;
  readonly hasBase: boolean;
  /** The line of its constructor, counted from 0 at the start of the class; undefined where it has none. */
  readonly constructorLine?: number;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export function readClassSource(source: string): ClassSource {
  const offset = 1;
  const tree = parseScript(`(${source}\n)`);
  const [statement] = childrenIn(tree, "body");
  const node = statement && childOf(statement, "expression");
  if (node?.type !== "ClassExpression") throw new SyntaxError("not a class");
  const slice = ({ start, end }: SyntaxNode): string => source.slice(start - offset, end - offset);
  const body = childOf(node, "body");
  const parts = childrenIn(body, "body");
  const edits: Edit[] = [];
  const superClass = node.superClass;
  const extendsNull = isNode(superClass) && superClass.type === "Literal";
  if (isNode(superClass) && !extendsNull) edits.push(replaced(superClass, slice, ` ${PROVIDED}.base`));
  const keyed: ClassMember[] = [];
  let unclearField: string | undefined;
  const members: ClassMember[] = [];
  const privateStatics: string[] = [];
  let privateName: string | undefined;
  let constructorLine: number | undefined;
  for (const part of parts) {
    const isStatic = part.static === true;
    if (part.type === "StaticBlock") {
      edits.push(replaced(part, slice, ""));
      continue;
    }
    const key = childOf(part, "key");
    const isPrivate = key.type === "PrivateIdentifier";
    if (isPrivate && !isStatic) privateName ??= `#${textIn(key, "name")}`;
    if (part.type === "PropertyDefinition" && isStatic) {
      if (isPrivate) {
        privateStatics.push(`#${textIn(key, "name")}`);
        if (isNode(part.value)) edits.push(replaced(part.value, slice, "undefined"));
      } else edits.push(replaced(part, slice, ";"));
      continue;
    }
    if (part.type === "MethodDefinition" && part.kind === "constructor") {
      constructorLine = lineOf(source, childOf(part, "value").start - offset);
      continue;
    }
    if (part.type === "MethodDefinition" && !isPrivate) {
      const member: ClassMember = {
        isStatic,
        part: part.kind === "get" || part.kind === "set" ? part.kind : "value",
        text: slice(part).replace(/^static\s+/, ""),
        ...(part.computed === true ? {} : { key: key.type === "Identifier" ? textIn(key, "name") : String(key.value) }),
      };
      members.push(member);
      if (part.computed !== true || isPlainKey(key)) continue;
      edits.push(replaced(key, slice, `${PROVIDED}.keys[${keyed.length}]`));
      keyed.push(member);
    } else if (part.computed === true && !isPlainKey(key)) unclearField ??= slice(part);
  }
  // Where every private name is in scope.
  if (privateStatics.length > 0) {
    const sets = privateStatics.map((name) => `this.${name} = values[${JSON.stringify(name)}];`).join(" ");
    const at = body.end - 1;
    edits.push({ start: at, end: at, text: ` static { ${PROVIDED}.expose((values) => { ${sets} }); } ` });
  }
  return {
    source: edited(source, edits, offset),
    members,
    keyed,
    unclearField,
    privateName,
    privateStatics,
    extendsNull,
    hasBase: isNode(superClass) && !extendsNull,
    constructorLine,
  };
}

/** A method of an object, with a plain name in place of a computed one. */
export function withPlainKey(source: string): string {
  const method = source.replace(/^static\s+/, "");
  const offset = 2;
  const [statement] = childrenIn(parseScript(`({${method}\n})`), "body");
  const [property] = statement ? childrenIn(childOf(statement, "expression"), "properties") : [];
  if (property?.computed !== true) return method;
  const slice = ({ start, end }: SyntaxNode): string => method.slice(start - offset, end - offset);
  return edited(method, [replaced(childOf(property, "key"), slice, '"method"')], offset);
}

/** `[Symbol.iterator]`, `["a b"]`: the same everywhere. */
function isPlainKey(key: SyntaxNode): boolean {
  if (key.type === "Literal") return true;
  return (
    key.type === "MemberExpression" && key.computed !== true && textIn(childOf(key, "object"), "name") === "Symbol"
  );
}

function replaced(node: SyntaxNode, slice: (node: SyntaxNode) => string, text: string): Edit {
  // With as many lines as before.
  return { start: node.start, end: node.end, text: text + "\n".repeat(lineOf(slice(node), Infinity)) };
}

function edited(source: string, edits: readonly Edit[], offset: number): string {
  let result = source;
  for (const { start, end, text } of [...edits].sort((a, b) => b.start - a.start))
    result = result.slice(0, start - offset) + text + result.slice(end - offset);
  return result;
}

/** How many line breaks are before a position. */
export function lineOf(text: string, at: number): number {
  return text.slice(0, at).split("\n").length - 1;
}
