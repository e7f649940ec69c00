/** TypeScript types → JSON Schema of their values, as far as JSON has such values. Pure. Used by declared-params.ts. */
import type ts from "@tslab/typescript-for-tslab";
import type { Json, JsonObject } from "../../protocol";

/** The compiler as tslab has loaded it. */
export type TypeScript = typeof ts;

type Literal = string | number | boolean | null;
/** The members of a union, `null` apart: without strictNullChecks, which tslab does not set, only the source shows it. */
interface Members {
  readonly types: readonly ts.Type[];
  readonly hasNull: boolean;
}

export class TypeSchemas {
  private readonly checker: ts.TypeChecker;
  /** The types around the present one. */
  private readonly around = new Set<ts.Type>();

  constructor(
    private readonly ts: TypeScript,
    private readonly program: ts.Program,
  ) {
    this.checker = program.getTypeChecker();
  }

  /** `node`: how the source writes the type, if it does. Undefined for types whose values JSON cannot hold, or that refer to themselves. */
  schemaOf(type: ts.Type, node?: ts.TypeNode): JsonObject | undefined {
    const { types, hasNull } = this.membersOf(type, node);
    const wide = types.filter((member) => this.literalOf(member) === undefined);
    const literals = types.map((member) => this.literalOf(member)).filter((value) => value !== undefined);
    // `"a" | (string & {})` accepts any text: the literals are suggestions.
    const narrow = literals.filter((value) => !wide.some((member) => this.primitiveOf(member) === typeof value));
    const values: Literal[] = [...new Set<Literal>(hasNull && wide.length === 0 ? [...narrow, null] : narrow)];
    const own = wide.map((member) => this.wideSchema(member));
    if (own.includes(undefined) || (own.length === 0 && values.length === 0)) return undefined;
    const schemas = (own as JsonObject[]).concat(values.length > 0 ? [schemaOfLiterals(values)] : []);
    if (hasNull && wide.length > 0) schemas.push({ type: "null" });
    return schemas.length === 1 ? schemas[0] : { anyOf: schemas };
  }

  /** In the order of the source: the checker sorts members by when it first met them. */
  private membersOf(type: ts.Type, node: ts.TypeNode | undefined): Members {
    const { ts } = this;
    const written = node && this.writtenType(node);
    if (written && ts.isLiteralTypeNode(written) && written.literal.kind === ts.SyntaxKind.NullKeyword)
      return { types: [], hasNull: true };
    if (written && ts.isUnionTypeNode(written)) {
      const parts = written.types.map((part) => this.membersOf(this.checker.getTypeFromTypeNode(part), part));
      return {
        types: [...new Set(parts.flatMap(({ types }) => types))].filter((member) => this.isAmong(member, type)),
        hasNull: parts.some(({ hasNull }) => hasNull),
      };
    }
    if (this.isMissing(type)) return { types: [], hasNull: (type.flags & ts.TypeFlags.Null) !== 0 };
    if (!type.isUnion() || type.flags & ts.TypeFlags.Boolean) return { types: [type], hasNull: false };
    return {
      types: type.types.filter((member) => !this.isMissing(member)),
      hasNull: type.types.some((member) => (member.flags & ts.TypeFlags.Null) !== 0),
    };
  }

  /** False for members that the whole absorbs: `"a" | string` is `string`. */
  private isAmong(member: ts.Type, whole: ts.Type): boolean {
    if (member === whole || !this.literalOf(member)) return true;
    return whole.isUnion() && whole.types.includes(member);
  }

  /** What a name stands for, without parentheses: `"a" | "b"` for `Mode`. */
  private writtenType(node: ts.TypeNode): ts.TypeNode {
    const { ts, checker } = this;
    if (ts.isParenthesizedTypeNode(node)) return this.writtenType(node.type);
    if (!ts.isTypeReferenceNode(node) || node.typeArguments) return node;
    const named = checker.getSymbolAtLocation(node.typeName);
    const symbol = named && named.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(named) : named;
    const declaration = symbol?.declarations?.find(ts.isTypeAliasDeclaration);
    return declaration && !declaration.typeParameters && declaration.type !== node
      ? this.writtenType(declaration.type)
      : node;
  }

  private isMissing({ flags }: ts.Type): boolean {
    const { Undefined, Void, Null, Never } = this.ts.TypeFlags;
    return (flags & (Undefined | Void | Null | Never)) !== 0;
  }

  private literalOf(type: ts.Type): string | number | boolean | undefined {
    if (type.isStringLiteral() || type.isNumberLiteral()) return type.value;
    if (!(type.flags & this.ts.TypeFlags.BooleanLiteral)) return undefined;
    return (type as { readonly intrinsicName?: string }).intrinsicName === "true";
  }

  private primitiveOf(type: ts.Type): "string" | "number" | "boolean" | undefined {
    const { TypeFlags } = this.ts;
    // `string & { brand: … }` is a string.
    if (type.isIntersection()) return type.types.map((part) => this.primitiveOf(part)).find(Boolean);
    if (type.flags & TypeFlags.StringLike) return "string";
    if (type.flags & TypeFlags.NumberLike) return "number";
    return type.flags & TypeFlags.BooleanLike ? "boolean" : undefined;
  }

  private wideSchema(type: ts.Type): JsonObject | undefined {
    const primitive = this.primitiveOf(type);
    if (primitive) return { type: primitive };
    if (type.flags & (this.ts.TypeFlags.Any | this.ts.TypeFlags.Unknown)) return {};
    const isObject = (type.flags & (this.ts.TypeFlags.Object | this.ts.TypeFlags.Intersection)) !== 0;
    if (!isObject || this.around.has(type)) return undefined;
    this.around.add(type);
    try {
      return this.objectSchema(type);
    } finally {
      this.around.delete(type);
    }
  }

  private objectSchema(type: ts.Type): JsonObject | undefined {
    const { checker } = this;
    if (checker.isTupleType(type)) return { type: "array" };
    if (checker.isArrayType(type)) {
      const [item] = checker.getTypeArguments(type as ts.TypeReference);
      const items = item && this.schemaOf(item);
      return items && { type: "array", items };
    }
    if (this.isInstance(type)) return undefined;
    const properties: Record<string, JsonObject> = {};
    const required: string[] = [];
    for (const property of checker.getPropertiesOfType(type)) {
      const schema = this.propertySchema(property);
      if (!schema) return undefined;
      properties[property.name] = schema;
      if (!(property.flags & this.ts.SymbolFlags.Optional)) required.push(property.name);
    }
    const rest = type.getStringIndexType();
    const additional = rest && this.schemaOf(rest);
    if (rest && !additional) return undefined;
    return {
      type: "object",
      properties,
      ...(required.length > 0 && { required }),
      ...(additional && { additionalProperties: additional }),
    };
  }

  private propertySchema(property: ts.Symbol): JsonObject | undefined {
    const { ts, checker } = this;
    const type = checker.getTypeOfSymbol(property);
    const node = property.declarations?.find(ts.isPropertySignature)?.type;
    // In a generic type the source names the parameter, not what it stands for.
    const isWritten = node && checker.typeToString(checker.getTypeFromTypeNode(node)) === checker.typeToString(type);
    const schema = this.schemaOf(type, isWritten === true ? node : undefined);
    const description = ts.displayPartsToString(property.getDocumentationComment(checker)).trim();
    return schema && (description === "" ? schema : { ...schema, description });
  }

  /** Functions, and objects of classes and of the language, such as dates and maps. */
  private isInstance(type: ts.Type): boolean {
    const { SymbolFlags } = this.ts;
    if (type.getCallSignatures().length + type.getConstructSignatures().length > 0) return true;
    const symbol = type.getSymbol();
    if (!symbol || !(symbol.flags & (SymbolFlags.Class | SymbolFlags.Interface))) return false;
    if (symbol.flags & SymbolFlags.Class) return true;
    return (symbol.declarations ?? []).some((node) => this.program.isSourceFileDefaultLibrary(node.getSourceFile()));
  }
}

function schemaOfLiterals(values: readonly Json[]): JsonObject {
  return values.length === 1 ? { const: values[0] as Json } : { enum: values };
}
