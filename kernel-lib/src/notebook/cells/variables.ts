/**
 * The variables of the notebook, compared by digest after each cell: which of them the cell has assigned or changed in place. A variable
 * that would take too long to compare, or that cannot be compared, is in doubt once a cell has touched it.
 */
import { digestVariable } from "../../key/code/closure";
import type { Scopes } from "../../key/scopes";
import type { CellId } from "../../protocol";
import type { CellAccess } from "../tslab/compiled-cell";
import { isBuiltIn, isSharedName, readShared } from "../tslab/shared-names";

/** The value of a variable at one moment. */
export interface VariableState {
  readonly digest: string;
  /** Of the object itself, whatever it contains; 0 for a value that cannot be changed in place. */
  readonly identity: number;
}

interface Variable extends VariableState {
  /** Other variables that functions in it refer to. */
  readonly refersTo: ReadonlySet<string>;
  /** How long it took to compare. */
  readonly tookMs: number;
  readonly isOpaque: boolean;
  /** Cells that may have changed it in place since it was compared. */
  readonly doubtful: readonly CellId[];
}

export type Changes = ReadonlyMap<
  string,
  { readonly before: VariableState | undefined; readonly after: VariableState }
>;

/** Time for comparing what a cell has not assigned: this much, and a part of what the cell took itself. In milliseconds. */
const BUDGET_MS = 60;
const BUDGET_SHARE = 0.1;
/** A value that took longer than the budget, and less than this, is measured a second time. In milliseconds. */
const REPEAT_BELOW_MS = 250;

export class NotebookVariables {
  private readonly known = new Map<string, Variable>();
  /** What cells share beside variables, as it was before the first cell that names it. */
  private readonly origins = new Map<string, VariableState>();
  private readonly identities = new WeakMap<object, number>();
  private objects = 0;
  /** Variables too large to compare, with those that may share objects with them. */
  private readonly links = new Map<string, Set<string>>();

  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    private readonly scopes: Scopes,
  ) {}

  /** As last compared; undefined for a variable that no cell has assigned. */
  stateOf(name: string): VariableState | undefined {
    return this.known.get(name);
  }

  /** As it was before the first cell that names it; undefined for a variable, which some cell has created. */
  originOf(name: string): VariableState | undefined {
    return this.origins.get(name);
  }

  /** A cell that is about to be executed names these: the values of those that no cell has created are remembered. */
  beforeCell({ reads, writes }: CellAccess): void {
    for (const name of [...reads, ...writes]) {
      if (!isSharedName(name) || this.known.has(name) || isBuiltIn(name)) continue;
      const state = this.read(name, undefined);
      this.known.set(name, state);
      this.origins.set(name, state);
    }
  }

  /** The cells that may have changed it in place since it was compared. */
  doubtsAbout(name: string): readonly CellId[] {
    return this.known.get(name)?.doubtful ?? [];
  }

  /** The variables, and those that functions in them refer to, and so on. */
  reachedFrom(names: Iterable<string>): ReadonlySet<string> {
    const reached = new Set(names);
    for (const name of reached) for (const other of this.known.get(name)?.refersTo ?? []) reached.add(other);
    return reached;
  }

  /** The names that have appeared since the last comparison. */
  newNames(): readonly string[] {
    return Object.keys(this.values).filter(
      (name) => !this.known.has(name) && name !== "__esModule" && !name.startsWith("tsLastExpr"),
    );
  }

  /** Compares after a cell. `cell`: null for code outside cells, such as a run that the page has started. */
  compare(cell: CellId | null, { reads, captures, writes, hasEffects }: CellAccess, durationMs: number): Changes {
    const changes = new Map<string, { before: VariableState | undefined; after: VariableState }>();
    const touched = this.sharing(this.reachedFrom([...reads, ...captures, ...writes]));
    this.scopes.forget();
    const update = (name: string): void => {
      const before = this.known.get(name);
      const after = this.read(name, before);
      this.known.set(name, after);
      if (before?.digest !== after.digest || before.identity !== after.identity) changes.set(name, { before, after });
    };
    for (const name of writes) update(name);
    for (const name of writes) this.link(name, touched);
    if (!hasEffects) return changes;
    const others = [...this.known].filter(([name]) => !writes.includes(name));
    const order = ([name, { tookMs }]: (typeof others)[number]): number => (touched.has(name) ? 0 : 1e6) + tookMs;
    let leftMs = BUDGET_MS + durationMs * BUDGET_SHARE;
    for (const [name, variable] of others.sort((a, b) => order(a) - order(b))) {
      const isAffordable = variable.tookMs <= leftMs;
      if (isAffordable) {
        update(name);
        leftMs -= this.known.get(name)?.tookMs ?? 0;
      }
      if (cell && touched.has(name) && (!isAffordable || variable.isOpaque)) this.doubt(name, cell);
    }
    return changes;
  }

  private read(name: string, before: Variable | undefined): Variable {
    const value = isSharedName(name) ? readShared(name) : this.values[name];
    let [{ digest, refersTo, isOpaque }, tookMs] = timed(() => digestVariable(value, this.scopes));
    // A pause of the process is not a cost of the value, and would put it in doubt for good.
    if (tookMs > BUDGET_MS && tookMs < REPEAT_BELOW_MS) {
      const [again, thenMs] = timed(() => digestVariable(value, this.scopes));
      [{ digest, refersTo, isOpaque }, tookMs] = [again, Math.min(tookMs, thenMs)];
    }
    const identity = this.identityOf(value);
    const isSame = isOpaque && before?.identity === identity && before.digest === digest;
    return {
      digest,
      identity,
      refersTo,
      isOpaque: isOpaque && !isConstant(value),
      tookMs,
      doubtful: isSame ? before.doubtful : [],
    };
  }

  private doubt(name: string, cell: CellId): void {
    const variable = this.known.get(name);
    if (variable && !variable.doubtful.includes(cell))
      this.known.set(name, { ...variable, doubtful: [...variable.doubtful, cell] });
  }

  private identityOf(value: unknown): number {
    if ((typeof value !== "object" || value === null) && typeof value !== "function") return 0;
    let identity = this.identities.get(value);
    if (identity === undefined) this.identities.set(value, (identity = ++this.objects));
    return identity;
  }

  /** A variable may share objects with what the cell that assigned it has touched. Matters only where that is too large to compare. */
  private link(name: string, touched: ReadonlySet<string>): void {
    if ((this.known.get(name)?.identity ?? 0) === 0) return;
    for (const other of touched) {
      const variable = this.known.get(other);
      if (other === name || !variable || variable.identity === 0) continue;
      if (variable.tookMs <= BUDGET_MS && !variable.isOpaque) continue;
      for (const [a, b] of [
        [name, other],
        [other, name],
      ] as const) {
        const linked = this.links.get(a) ?? new Set();
        this.links.set(a, linked.add(b));
      }
    }
  }

  private sharing(names: ReadonlySet<string>): ReadonlySet<string> {
    const sharing = new Set(names);
    for (const name of sharing) for (const other of this.links.get(name) ?? []) sharing.add(other);
    return sharing;
  }
}

/** Functions and classes whose insides cannot be read are rarely what a cell changes in place; a symbol cannot be changed. */
function isConstant(value: unknown): boolean {
  return typeof value === "function" || typeof value === "symbol";
}

/** With the milliseconds that it took: of the processor, where other processes or threads had to be waited for. */
function timed<T>(action: () => T): readonly [result: T, tookMs: number] {
  const [startedAt, usedBefore] = [performance.now(), process.cpuUsage()];
  const result = action();
  const { user, system } = process.cpuUsage(usedBefore);
  return [result, Math.min(performance.now() - startedAt, (user + system) / 1000)];
}
