/**
 * Kinds and signatures of completions. tslab sends names alone, so the editor's list shows neither whether something is a method or a
 * field, nor the parameters of a function.
 */
import type ts from "@tslab/typescript-for-tslab";
import type { CellCompletion, Compiler } from "../compiler";
import { CELL_PREFIX } from "./compiler/cell-source";
import { requireOwn, type Repair } from "./repair";

/** Signatures are computed for at most this many candidates, and always for the first few: the list must appear while the user types. */
const SIGNATURES = 40;
const FIRST_SIGNATURES = 4;
/** Processor time for the others: a machine that is busy with something else shows the same list. */
const SIGNATURES_MS = 40;

export const completion: Repair = {
  name: "completion",
  installInCompiler({ compiler, kernel }) {
    const detailsAt = detailReader(compiler);
    const { complete } = compiler.converter;
    const last: { found?: CellCompletion; position: number } = { position: 0 };
    compiler.converter.complete = (declarations, source, position) => {
      last.found = complete(declarations, source, position);
      last.position = position;
      return last.found;
    };
    for (const { JupyterHandlerImpl } of kernel.copies) {
      const handler = JupyterHandlerImpl.prototype;
      const { handleComplete } = handler;
      handler.handleComplete = function (request) {
        delete last.found;
        const reply = handleComplete.call(this, request);
        return last.found ? { ...reply, metadata: typesOf(last.found, detailsAt(last.found, last.position)) } : reply;
      };
    }
  },
};

/** What is known of a candidate beside its name. */
interface Detail {
  readonly kind?: string;
  readonly signature?: string;
}

/** In the form that JupyterLab and IPython have agreed upon. */
function typesOf(
  { start, end, candidates, original }: CellCompletion,
  details: ReadonlyMap<string, Detail>,
): Record<string, unknown> {
  const kinds = new Map(original?.entries.map(({ name, kind }) => [name, KINDS[kind]]));
  const types = candidates.map((text) => {
    const { kind = kinds.get(text) ?? "<unknown>", signature = "" } = details.get(text) ?? {};
    return { start, end, text, type: kind, signature };
  });
  return { _jupyter_types_experimental: types };
}

/** TypeScript's names of kinds → those for which JupyterLab has icons. */
const KINDS: Readonly<Record<string, string>> = {
  class: "class",
  const: "constant",
  constructor: "method",
  directory: "folder",
  enum: "enum",
  "enum member": "enumMember",
  "external module name": "module",
  function: "function",
  getter: "property",
  interface: "interface",
  keyword: "keyword",
  let: "variable",
  "local class": "class",
  "local function": "function",
  "local var": "variable",
  method: "method",
  module: "module",
  parameter: "variable",
  property: "property",
  "primitive type": "keyword",
  script: "file",
  setter: "property",
  string: "value",
  type: "interface",
  "type parameter": "interface",
  var: "variable",
};

interface Completions {
  getCompletionsAtPosition(
    host: object,
    program: ts.Program,
    log: () => void,
    file: ts.SourceFile,
    position: number,
    preferences: object,
    trigger: undefined,
    kind: ts.CompletionTriggerKind,
    cancellation: object,
    format: undefined,
    includeSymbol: true,
  ): { readonly entries: readonly { readonly name: string; readonly symbol?: ts.Symbol }[] } | undefined;
}

const neverCancelled = { isCancellationRequested: () => false, throwIfCancellationRequested: () => undefined };

/** Of the cell for which tslab has just completed: its program is the present one. */
function detailReader({
  ts,
  builder,
  own,
}: Compiler): (completion: CellCompletion, position: number) => ReadonlyMap<string, Detail> {
  const { Completions: completions } = ts as unknown as { readonly Completions: Completions };
  const name = requireOwn<string>({ own }, "srcFilename");
  return ({ candidates }, position) => {
    const details = new Map<string, Detail>();
    const program = builder().getProgram();
    const file = program.getSourceFile(name);
    if (!file || candidates.length > SIGNATURES) return details;
    const at = position + CELL_PREFIX.length;
    const found = completions.getCompletionsAtPosition({}, program, () => undefined, file, at, {}, undefined, ts.CompletionTriggerKind.Invoked, neverCancelled, undefined, true); // prettier-ignore
    const symbols = new Map(found?.entries.map((entry) => [entry.name, entry.symbol]));
    const checker = program.getTypeChecker();
    const startedAt = process.cpuUsage();
    for (const candidate of candidates) {
      const symbol = symbols.get(candidate);
      const hasSignature = details.size < FIRST_SIGNATURES || msSince(startedAt) < SIGNATURES_MS;
      if (symbol) details.set(candidate, detailOf(ts, checker, symbol, file, hasSignature));
    }
    return details;
  };
}

function msSince(startedAt: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(startedAt);
  return (user + system) / 1000;
}

function detailOf(
  ts: Compiler["ts"],
  checker: ts.TypeChecker,
  found: ts.Symbol,
  file: ts.SourceFile,
  hasSignature: boolean,
): Detail {
  const isAlias = (found.flags & ts.SymbolFlags.Alias) !== 0;
  const symbol = isAlias ? checker.getAliasedSymbol(found) : found;
  const kind = isAlias ? { kind: kindOf(ts, symbol) } : {};
  if (!hasSignature || !(symbol.flags & ts.SymbolFlags.Value)) return kind;
  return { ...kind, signature: signatureOf(checker, symbol, file) };
}

/** Of what an import or an export stands for. */
function kindOf({ SymbolFlags: Flags }: Compiler["ts"], { flags }: ts.Symbol): string {
  if (flags & Flags.Function) return "function";
  if (flags & Flags.Class) return "class";
  if (flags & Flags.Enum) return "enum";
  if (flags & Flags.Variable) return "constant";
  if (flags & Flags.Module) return "module";
  return flags & Flags.Type ? "interface" : "<unknown>";
}

/** `(range?: Iterable<number>): ScaleLinear` of a function, the type of anything else. */
function signatureOf(checker: ts.TypeChecker, symbol: ts.Symbol, file: ts.SourceFile): string {
  const type = checker.getTypeOfSymbolAtLocation(symbol, file);
  const [call, ...more] = type.getCallSignatures();
  const text = (call ? checker.signatureToString(call, file) : checker.typeToString(type, file)).replace(
    /import\("[^"]*"\)\./g,
    "",
  );
  return more.length > 0 ? `${text} (+${more.length})` : text;
}
