/**
 * The values that a function of a package captured. Called for each such function at every plan, so values that cannot change are read only once.
 */
import type { AnyFunction } from "../key/scopes";
import { currentMoment } from "../key/code/moment";
import { sharedSession, type Script } from "./inspector-session";
import { sourceOf, variablesOf } from "./script-sources";

const noValues: ReadonlyMap<string, unknown> = new Map();

export class CapturedValues {
  /** The names that it captured at all; undefined until they are read. */
  private names: ReadonlySet<string> | undefined;
  /** The values of variables that are never assigned again. */
  private readonly constants = new Map<string, unknown>();
  /** The first values of variables that the function itself assigns. */
  private readonly first = new Map<string, unknown>();
  private values: ReadonlyMap<string, unknown> = noValues;
  private readAt = -1;

  constructor(
    private readonly fn: AnyFunction,
    private readonly script: Script | undefined,
    /** `line:column` in the script. */
    private readonly position: string,
  ) {}

  /** Those of the names that it captured. `changing`: those that it assigns, which have the value of the first call. */
  read(names: readonly string[], changing: ReadonlySet<string>): ReadonlyMap<string, unknown> {
    const wanted = this.names ? names.filter((name) => this.names?.has(name)) : names;
    const open = wanted.filter((name) => !this.constants.has(name) && !this.first.has(name));
    const values = open.length > 0 ? this.current(open) : noValues;
    const isAgain = this.names !== undefined;
    this.names ??= new Set(values.keys());
    for (const [name, value] of values) {
      if (changing.has(name)) this.first.set(name, value);
      // Not at the first time: reading the script costs more than reading the variables of a function that is asked for once.
      else if (isAgain && this.isConstant(name, value)) this.constants.set(name, value);
    }
    const found = wanted.filter((name) => this.names?.has(name));
    return new Map(found.map((name) => [name, values.get(name) ?? this.constants.get(name) ?? this.first.get(name)]));
  }

  /** Whether these can have no other value any more. */
  isSettled(names: readonly string[]): boolean {
    const { names: captured } = this;
    return (
      captured !== undefined &&
      names.every((name) => !captured.has(name) || this.constants.has(name) || this.first.has(name))
    );
  }

  /** The values of the present moment: many stages hold the same function. */
  private current(names: readonly string[]): ReadonlyMap<string, unknown> {
    if (this.readAt === currentMoment() && names.every((name) => this.values.has(name))) return this.values;
    this.values = sharedSession().capturedValues(this.fn, new Set(names));
    this.readAt = currentMoment();
    return this.values;
  }

  private isConstant(name: string, value: unknown): boolean {
    const { script, position } = this;
    if (script === undefined || isAssigned(script, name, position)) return false;
    // Or it has no value yet.
    return value !== undefined || variablesOf(script)?.isInitialized(name, position) === true;
  }
}

/** By the text, for each name of a script. */
const assignedIn = new WeakMap<Script, Map<string, boolean>>();

/** Whether the variable of that name which a function at a position captured may be assigned after its declaration. */
function isAssigned(script: Script, name: string, position: string): boolean {
  const known = assignedIn.get(script) ?? new Map<string, boolean>();
  assignedIn.set(script, known);
  let found = known.get(name);
  if (found === undefined) known.set(name, (found = mayAssign(sourceOf(script), name)));
  return found && (variablesOf(script)?.isAssigned(name, position) ?? true);
}

/** By the text: true too often rather than too rarely. A declaration of its own with a value (`const x = 1`) is not an assignment. */
export function mayAssign(source: string, name: string): boolean {
  const id = `(?<![\\w$.])${name.replaceAll("$", "\\$")}(?![\\w$])`;
  const assigned = `(?<!\\b(?:const|let|var)\\s+)${id}\\s*(?:[-+*/%&|^]|\\*\\*|<<|>>>?|&&|\\|\\||\\?\\?)?=(?![=>])`;
  const counted = `(?:\\+\\+|--)\\s*${id}|${id}\\s*(?:\\+\\+|--)`;
  const inPattern = `${id}\\s*(?:=[^\\]};]*)?[,\\]}][^;()]*=(?![=>])|\\.\\.\\.\\s*${id}\\s*[\\]}]\\s*=(?![=>])`;
  const inLoop = `\\(\\s*${id}\\s+(?:of|in)\\b`;
  return new RegExp([assigned, counted, inPattern, inLoop].join("|")).test(source);
}
