/** The reference of the public API: one Markdown page per topic, from the declarations and doc comments of the built package. */
import { join } from "node:path";
import ts from "typescript";
import { root } from "../project.mjs";
import { codeOf, docOf, examplesOf, item } from "./syntax.mjs";

/** Each page with the exports that it documents, in order. An export that no page lists is an error. */
const pages = {
  stages: {
    title: "Stages",
    names: "stage Stage StageOptions Codec Running RunOptions SweepRow Produced",
  },
  each: { title: "Items and streams", names: "each EachOptions Stream Observable Items Fanned ItemOf" },
  parameters: { title: "Parameters", names: "param Param ParamOptions JsonSchema" },
  inputs: {
    title: "Other inputs",
    names:
      "file FileInput files FilesInput FileHandle computed resource Input Resolved Leaf PassTheStageItselfNotItsPromise Values",
  },
  context: { title: "The context of a stage function", names: "StageContext Logger LogLine Progress" },
  pipeline: {
    title: "The pipeline",
    names:
      "pipeline Pipeline createPipeline PipelineOptions ScriptPipeline show Plan PlanRow Explanation Reason ReasonKind " +
      "Freshness HistoryRow StagebookEvent LogRecord StagebookError",
  },
  store: { title: "Stores", names: "bucketStore BucketStoreOptions Bucket BucketItem" },
};

/** Types of functions that are documented with the function itself. */
const signatures = ["DefineStage", "DefineEach", "DefineParam", "DefineComputed", "DefineResource"];

/** Creates the pages. @returns {{ file: string, text: string }[]} */
export function createApiPages() {
  const found = readExports(join(root, "kernel-lib", "lib", "index.d.ts"));
  const pageOf = new Map(
    Object.entries(pages).flatMap(([page, { names }]) => names.split(" ").map((name) => [name, page])),
  );
  const missing = [...found.keys()].filter((name) => !pageOf.has(name) && !signatures.includes(name));
  const storePort = missing.filter(
    (name) => found.get(name)?.[0]?.getSourceFile().fileName.includes("/lib/store/") ?? false,
  );
  const keyTypes = ["Digest", "RunId", "KeyPart"];
  const unlisted = missing.filter((name) => !storePort.includes(name) && !keyTypes.includes(name));
  if (unlisted.length > 0) throw new Error(`.dev/lib/reference/api.mjs names no page for ${unlisted.join(", ")}`);
  return Object.entries(pages).map(([page, { title, names }]) => {
    const more = page === "store" ? [...storePort, ...keyTypes] : [];
    const sections = [...names.split(" "), ...more].map((name) => section(name, found));
    const intro = `Generated from the doc comments in \`kernel-lib/src\` by \`npm run api\`. Edit those, not this file.`;
    return { file: `api/${page}.md`, text: [`# ${title}`, intro, ...sections].join("\n\n") };
  });
}

/**
 * The declarations of everything that a declaration file exports, by name.
 * @param {string} file
 * @returns {Map<string, readonly ts.Declaration[]>}
 */
function readExports(file) {
  const program = ts.createProgram([file], { types: [], skipLibCheck: true, noResolve: false });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${file} exports nothing: build kernel-lib first`);
  return new Map(
    checker.getExportsOfModule(module).map((symbol) => {
      const real = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return [symbol.name, real.declarations ?? []];
    }),
  );
}

/**
 * @param {string} name
 * @param {ReturnType<typeof readExports>} found
 */
function section(name, found) {
  const declaration = found.get(name)?.[0];
  if (!declaration) throw new Error(`.dev/lib/reference/api.mjs documents ${name}, which is not exported`);
  const parts = [`## ${name}`];
  if (ts.isVariableDeclaration(declaration)) {
    const type = declaration.type ? codeOf(declaration.type) : "";
    const define = signatures.includes(type) ? found.get(type)?.[0] : undefined;
    const statement = declaration.parent.parent;
    parts.push(define ? signaturesOf(name, define) : code(`const ${name}: ${type}`), docOf(statement));
    if (define) parts.push(docOf(define).replace(/^The type of `\w+`\.\s*/, ""));
    parts.push(...examples(statement));
  } else if (ts.isFunctionDeclaration(declaration)) {
    parts.push(code(codeOf(declaration).replace(/^export declare /, "")), docOf(declaration), ...examples(declaration));
  } else if (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration)) {
    const heritage = (declaration.heritageClauses ?? []).map((clause) => ` ${codeOf(clause).trim()}`).join("");
    const kind = ts.isClassDeclaration(declaration) ? "class" : "interface";
    const generics = declaration.typeParameters ? `<${declaration.typeParameters.map(codeOf).join(", ")}>` : "";
    if (generics + heritage !== "") parts.push(code(`${kind} ${name}${generics}${heritage}`));
    parts.push(docOf(declaration));
    parts.push(membersOf(declaration.members).join("\n"), ...examples(declaration));
  } else {
    parts.push(code(codeOf(declaration).replace(/^export (declare )?/, "")), docOf(declaration));
  }
  return parts.filter((part) => part !== "").join("\n\n");
}

/**
 * A list with one item per member; the fields of an object type inside come below it.
 * @param {ts.NodeArray<ts.Node>} members
 * @returns {string[]}
 */
function membersOf(members) {
  return [...members].filter(isPublic).flatMap((member) => {
    const property = ts.isPropertySignature(member) ? member : undefined;
    const type = property?.type && ts.isTypeLiteralNode(property.type) ? property.type : undefined;
    const documented = type?.members.some((inner) => docOf(inner) !== "") ?? false;
    if (!property || !type || !documented) return [item(codeOf(member).replace(/^readonly /, ""), docOf(member))];
    return [
      item(`${codeOf(property.name)}: { … }`, docOf(member)),
      ...membersOf(type.members).map((line) => `  ${line}`),
    ];
  });
}

/** @param {ts.Node} member */
function isPublic(member) {
  const isComputed = ts.isClassElement(member) && member.name !== undefined && ts.isComputedPropertyName(member.name);
  return !isComputed && !ts.isConstructorDeclaration(member);
}

/**
 * The overloads of a function as declarations, each with its doc comment.
 * @param {string} name
 * @param {ts.Declaration} define
 */
function signaturesOf(name, define) {
  if (ts.isInterfaceDeclaration(define))
    return code(define.members.map((each) => `// ${docOf(each)}\nfunction ${name}${codeOf(each)};`).join("\n\n"));
  const type = ts.isTypeAliasDeclaration(define) && ts.isFunctionTypeNode(define.type) ? define.type : undefined;
  if (!type) throw new Error(`the type of ${name} is not a function`);
  const generics = type.typeParameters ? `<${type.typeParameters.map(codeOf).join(", ")}>` : "";
  return code(`function ${name}${generics}(${type.parameters.map(codeOf).join(", ")}): ${codeOf(type.type)};`);
}

/** @param {ts.Node} node */
function examples(node) {
  return examplesOf(node).map((example) => (example.startsWith("```") ? example : code(example)));
}

/** @param {string} text */
function code(text) {
  return `\`\`\`ts\n${text}\n\`\`\``;
}
