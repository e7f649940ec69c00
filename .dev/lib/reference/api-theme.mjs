/** A plugin of TypeDoc for the API pages: types as they were written, and a layout with one heading for each export and method. */
import { Converter, ReflectionKind } from "typedoc";
import { MarkdownTheme, MarkdownThemeContext } from "typedoc-plugin-markdown";
import ts from "typescript";

/**
 * @typedef {import("typedoc").DeclarationReflection} Declaration
 * @typedef {import("typedoc").TypeParameterReflection} TypeParameter
 */

/** Called by TypeDoc. @param {import("typedoc-plugin-markdown").MarkdownApplication} app */
export function load(app) {
  // What the compiler makes of a type has other names, and an order that depends on the rest of the program.
  app.converter.on(Converter.EVENT_BEGIN, (context) => void (context.convertingTypeNode = true));
  app.converter.on(Converter.EVENT_CREATE_PARAMETER, restore);
  app.converter.on(Converter.EVENT_CREATE_SIGNATURE, restore);
  app.converter.on(Converter.EVENT_CREATE_TYPE_PARAMETER, (context, parameter) =>
    restore(context, parameter, context.getSymbolFromReflection(parameter)?.declarations?.[0]),
  );
  app.renderer.defineTheme("topics", TopicTheme);
  app.renderer.markdownHooks.on(
    "page.end",
    () => "---\n\nGenerated from the doc comments in `kernel-lib/src` by `npm run api`. Edit those, not this file.",
  );
}

/**
 * Gives a parameter, a signature or a type parameter the type, the returned type or the constraint that its declaration has.
 * @param {import("typedoc").Context} context
 * @param {import("typedoc").Reflection & { type?: import("typedoc").SomeType }} reflection
 * @param {ts.Node} [declaration]
 */
function restore(context, reflection, declaration) {
  if (!declaration) return;
  const written = ts.isTypeParameterDeclaration(declaration)
    ? declaration.constraint
    : ts.isParameter(declaration) || ts.isFunctionLike(declaration)
      ? declaration.type
      : undefined;
  if (written && ts.isTypeNode(written))
    reflection.type = context.converter.convertType(context.withScope(reflection), written);
}

class TopicTheme extends MarkdownTheme {
  /**
   * @override
   * @param {ConstructorParameters<typeof MarkdownThemeContext>[1]} page
   */
  getRenderContext(page) {
    return new TopicContext(this, page, this.application.options);
  }
}

/** Overrides what the options of the Markdown plugin cannot change. */
class TopicContext extends MarkdownThemeContext {
  /** @param {ConstructorParameters<typeof MarkdownThemeContext>} context */
  constructor(...context) {
    super(...context);
    const { functionType, member, unionType } = this.partials;
    const { getFlattenedDeclarations } = this.helpers;
    Object.assign(
      this.partials,
      /** @satisfies {Partial<Omit<MarkdownThemeContext["partials"], "constructor">>} */ ({
        body: (model, { headingLevel }) => this.#members(/** @type {Declaration} */ (model), headingLevel),
        member: (model, options) => [headOf(model), member(model, options)].join("\n\n"),
        hierarchy: () => "",
        signatureReturns: () => "",
        functionType: (signatures, options) => functionType(signatures.map(withWholeTypeParameters), options),
        unionType: (...union) =>
          unionType(...union)
            .replace(/^\n {2}\\\| /, "")
            .replaceAll("\n  \\|", " \\|"),
      }),
    );
    this.helpers.getTypeParameters = (parameters) => parameters?.map(textOf).join(", ");
    this.helpers.getFlattenedDeclarations = (fields, options) =>
      getFlattenedDeclarations(fields, options).filter((each) => fields.includes(each) || each.hasComment());
  }

  /**
   * The members in the order of the source, the fields among them as a table. Inherited ones are described where they are declared.
   * @param {Declaration} model
   * @param {number} headingLevel
   */
  #members(model, headingLevel) {
    const own =
      model.children?.filter(({ inheritedFrom, kind }) => !inheritedFrom && kind !== ReflectionKind.Constructor) ?? [];
    const fields = own.filter(({ kind }) => kind === ReflectionKind.Property);
    const table =
      fields.length > 0 ? this.partials.propertiesTable(fields, { isEventProps: false, kind: model.kind }) : "";
    const others = own.filter((each) => !fields.includes(each));
    return `${table}\n\n${this.partials.members(others, { headingLevel })}`;
  }
}

/** The first line of a class or interface that takes types or extends others: `interface Stage<T> extends Input<T>`. @param {Declaration} model */
function headOf(model) {
  const { name, typeParameters, extendedTypes } = model;
  if (!model.kindOf(ReflectionKind.ClassOrInterface) || !(typeParameters || extendedTypes)) return "";
  const keyword = ReflectionKind.singularString(model.kind).toLowerCase();
  const parameters = typeParameters ? `<${typeParameters.map(textOf).join(", ")}>` : "";
  return `\`\`\`ts\n${keyword} ${name}${parameters}${extendedTypes ? ` extends ${extendedTypes.join(", ")}` : ""}\n\`\`\``;
}

/** @param {TypeParameter} parameter */
function textOf({ name, flags, type, default: initial }) {
  return `${flags.isConst ? "const " : ""}${name}${type ? ` extends ${type}` : ""}${initial ? ` = ${initial}` : ""}`;
}

/** A function type shows the names of its type parameters only. @param {import("typedoc").SignatureReflection} signature */
function withWholeTypeParameters(signature) {
  const typeParameters = signature.typeParameters?.map((each) =>
    Object.create(each, { name: { value: textOf(each) } }),
  );
  return Object.create(signature, { typeParameters: { value: typeParameters } });
}
