/**
 * Variables whose inferred type cannot be written down like that of a published package: it belongs to a package of a package (with pnpm
 * nearly always), it is declared within a function, or a class expression has private members. The compiler writes the types of a cell's
 * variables down for the cells that follow, and refuses the cell. Between cells a path to the package serves as well, and a type without a
 * name is `any`.
 */
import type ts from "@tslab/typescript-for-tslab";
import type { Compiler } from "../../compiler";
import type { Repair } from "../repair";

export const inferredTypes: Repair = {
  name: "inferred-types",
  installInCompiler({ compiler: { ts, host, builder } }) {
    const { afterProgramCreate } = host;
    host.afterProgramCreate = (next) => {
      afterProgramCreate(next);
      acceptAllTypes(ts, next);
    };
    acceptAllTypes(ts, builder());
  },
};

/** What the compiler asks while it writes a type down, and whom it tells what is wrong with it. */
interface Tracker {
  readonly trackSymbol: (symbol: ts.Symbol, enclosing?: ts.Node, meaning?: ts.SymbolFlags) => boolean;
}

interface Resolver {
  isSymbolAccessible(
    symbol: ts.Symbol,
    enclosing: ts.Node | undefined,
    meaning: ts.SymbolFlags | undefined,
    findsAliases: boolean,
  ): { readonly accessibility: number };
}

interface Checker {
  getEmitResolver: (...args: unknown[]) => Resolver;
}

/** The functions of the resolver that write a type down. */
const WRITERS = ["createTypeOfDeclaration", "createReturnTypeOfSignatureDeclaration", "createTypeOfExpression"];
const ACCESSIBLE = 0;

type Write = (node: ts.Node, enclosing: ts.Node, flags: number, tracker: Tracker, ...more: unknown[]) => unknown;

function acceptAllTypes(ts: Compiler["ts"], builder: ts.BuilderProgram): void {
  const checker = builder.getProgram().getTypeChecker() as unknown as Checker;
  const { getEmitResolver } = checker;
  const { IgnoreErrors } = ts.NodeBuilderFlags;
  checker.getEmitResolver = (...args) => {
    const resolver = getEmitResolver(...args);
    const accepting = WRITERS.map((name) => {
      const write = Reflect.get(resolver, name) as Write;
      const accept: Write = (node, enclosing, flags, tracker, ...more) => {
        const quiet = new QuietTracker(ts, tracker, resolver);
        const type = write(node, enclosing, flags | IgnoreErrors, quiet.tracker, ...more);
        return quiet.hasNameless ? ts.factory.createKeywordTypeNode(ts.SyntaxKind.AnyKeyword) : type;
      };
      return [name, accept];
    });
    return { ...resolver, ...(Object.fromEntries(accepting) as object) };
  };
}

/** A tracker without its reports, which would make the compiler refuse the cell. */
class QuietTracker {
  /** Whether the type contains a name that the cells cannot refer to. Written down, it could later mean another type of that name. */
  hasNameless = false;
  readonly tracker: Tracker;

  constructor({ SymbolFlags }: Compiler["ts"], tracker: Tracker, resolver: Resolver) {
    const rest = Object.entries(tracker).filter(([name]) => !name.startsWith("report"));
    this.tracker = {
      ...(Object.fromEntries(rest) as unknown as Tracker),
      trackSymbol: (symbol, enclosing, meaning) => {
        if (symbol.flags & SymbolFlags.TypeParameter) return false;
        if (resolver.isSymbolAccessible(symbol, enclosing, meaning, false).accessibility === ACCESSIBLE)
          return tracker.trackSymbol(symbol, enclosing, meaning);
        this.hasNameless = true;
        return false;
      },
    };
  }
}
