/**
 * How the values of variables pass from cell to cell in document order, as in _Restart and Run All_: which cell provides the value that
 * another one reads, whether it read that value, and which cells have to be executed again so that it does. Pure.
 */
import type { CellId } from "../../protocol";
import { isSharedName } from "../tslab/shared-names";
import type { CellRecord } from "./cell-record";
import type { VariableState } from "./variables";

export interface FlowParts {
  /** In document order. */
  readonly cells: readonly CellRecord[];
  readonly labelOf: (cell: CellId) => string;
  /** The value now. */
  readonly stateOf: (name: string) => VariableState | undefined;
  /** The value that it had before any cell; undefined for a variable, which some cell creates. */
  readonly originOf: (name: string) => VariableState | undefined;
  /** The variables that the stages read which the cell defines or calls, with their upstream. */
  readonly readByStages: (cell: CellRecord) => ReadonlySet<string>;
  /** Whether a stage that the cell reads has failed, or waits for one. */
  readonly waits: (cell: CellRecord) => boolean;
}

export interface FlowReason {
  readonly text: string;
  /** The cell that provides the value has failed. */
  readonly isBlocked: boolean;
}

export class VariableFlow {
  private readonly places: ReadonlyMap<CellId, number>;
  /** The cells that leave a value of each variable, in document order. */
  private readonly leavers = new Map<string, CellRecord[]>();
  /** The variables that some cell changes in place, though perhaps not when it was executed last. */
  private readonly inPlace = new Set<string>();

  constructor(private readonly parts: FlowParts) {
    this.places = new Map(parts.cells.map(({ id }, at) => [id, at]));
    const assigned = new Set(parts.cells.flatMap(({ access }) => access.writes));
    for (const cell of parts.cells) {
      for (const name of new Set([...cell.left.keys(), ...(cell.ok ? [] : cell.access.writes)])) {
        const before = this.leavers.get(name) ?? [];
        // What a cell changes in place before the cell that assigns it does not exist yet in document order.
        if (before.length === 0 && assigned.has(name) && !cell.access.writes.includes(name)) continue;
        this.leavers.set(name, [...before, cell]);
      }
      for (const name of cell.changes.names) this.inPlace.add(name);
    }
  }

  /** Why the cell did not read the values that it would read in _Restart and Run All_. */
  reasons(cell: CellRecord): readonly FlowReason[] {
    const failures = [...this.needs(cell)].flatMap((name) => {
      const text = this.failureBehind(cell, name, new Set());
      return text === undefined ? [] : [{ text, isBlocked: true }];
    });
    if (failures.length > 0) return failures;
    return [...cell.found].flatMap(([name, found]) => this.reason(cell, name, found) ?? []);
  }

  /** Why a variable does not have the value that it should have: a cell that gives it has failed, or waits for something that has. */
  private failureBehind(cell: CellRecord, name: string, seen: Set<CellRecord>): string | undefined {
    const provider = this.provider(cell, name);
    if (!provider || provider.running || seen.has(provider)) return undefined;
    seen.add(provider);
    const label = this.parts.labelOf(provider.id);
    const does = provider.access.writes.includes(name) ? "assigns" : "changes";
    if (!provider.ok) return `${label}, which ${does} ${name}, failed`;
    const isWaiting =
      this.parts.waits(provider) ||
      [...this.needs(provider)].some((other) => this.failureBehind(provider, other, seen) !== undefined);
    return isWaiting ? `${label}, which ${does} ${name}, waits for something that failed` : undefined;
  }

  /** Why its output may differ after a restart although nothing has changed. */
  caveats(cell: CellRecord): readonly string[] {
    return [...this.strayReads(cell), ...this.changedBelow(cell)];
  }

  /**
   * The cells to execute, in document order, so that these cells find the values that they would find in _Restart and Run All_, and every
   * variable has the value that it has at the end of it. `needed`: variables whose final value is needed beside those of the cells.
   */
  replay(chosen: ReadonlySet<CellId>, needed: ReadonlySet<string>): ReadonlySet<CellId> {
    const replayed = new Set(chosen);
    const finals = new Set([
      ...needed,
      ...[...this.leavers].flatMap(([name, cells]) => (cells.length > 1 ? [name] : [])),
    ]);
    for (let size = -1; size !== replayed.size;) {
      size = replayed.size;
      for (const cell of this.parts.cells) {
        if (!replayed.has(cell.id)) continue;
        for (const name of this.needs(cell)) this.provide(replayed, cell, name);
        this.restore(replayed, cell);
      }
      for (const name of finals) this.provide(replayed, undefined, name);
    }
    return replayed;
  }

  /** Those of the replayed cells that find their values, in document order: not below one that would give them and cannot be executed. */
  executable(replayed: ReadonlySet<CellId>, isPossible: (cell: CellRecord) => boolean): readonly CellRecord[] {
    const possible = new Set<CellId>();
    return this.parts.cells.filter((cell) => {
      if (!replayed.has(cell.id) || !isPossible(cell)) return false;
      const isMissing = [...this.needs(cell)].some((name) => {
        const provider = this.above(cell, name).at(-1);
        return provider !== undefined && replayed.has(provider.id) && !possible.has(provider.id);
      });
      if (!isMissing) possible.add(cell.id);
      return !isMissing;
    });
  }

  private needs(cell: CellRecord): ReadonlySet<string> {
    return new Set([...cell.found.keys(), ...this.parts.readByStages(cell)]);
  }

  private above(cell: CellRecord, name: string): readonly CellRecord[] {
    return (this.leavers.get(name) ?? []).filter((other) => this.place(other) < this.place(cell));
  }

  private reason(cell: CellRecord, name: string, found: VariableState): FlowReason | undefined {
    const provider = this.provider(cell, name);
    if (!provider || provider.running) return undefined;
    const label = this.parts.labelOf(provider.id);
    const isAssigned = provider.access.writes.includes(name);
    const expected = provider.left.get(name);
    if (!expected) return undefined;
    const text = (what: string): FlowReason => ({ text: what, isBlocked: false });
    if (expected.digest === found.digest) {
      // Equal, but another object: what the cell did to the old one, or kept of it, is not part of the new one.
      const isLost = expected.identity !== found.identity && this.inPlace.has(name) && holdsObjects(cell);
      return isLost ? text(`variable ${name} was created again`) : undefined;
    }
    if (provider.sequence < cell.sequence)
      return text(`variable ${name} had been changed since ${label} when this cell ran`);
    return text(isAssigned ? `variable ${name} changed` : `variable ${name} was changed in place by ${label}`);
  }

  /** The cell from which it gets the value in document order; when all of them are below, the last one. */
  private provider(cell: CellRecord, name: string): CellRecord | undefined {
    const others = (this.leavers.get(name) ?? []).filter((other) => other !== cell);
    const isCreated = cell.reads.has(name) && !this.parts.originOf(name);
    return this.above(cell, name).at(-1) ?? (isCreated ? others.at(-1) : undefined);
  }

  private strayReads(cell: CellRecord): readonly string[] {
    return [...cell.reads].flatMap((name) => {
      const others = (this.leavers.get(name) ?? []).filter((other) => other !== cell);
      const last = others.at(-1);
      if (isSharedName(name)) return this.strayShared(cell, name, last);
      if (!last) return [`variable ${name} comes from no cell of this notebook: it is missing after a restart`];
      if (others.some((other) => this.place(other) < this.place(cell))) return [];
      return [`variable ${name} comes from ${this.parts.labelOf(last.id)} below: it is missing after a restart`];
    });
  }

  /** What exists without a cell, and was changed by one below before this cell read it. */
  private strayShared(cell: CellRecord, name: string, last: CellRecord | undefined): readonly string[] {
    const origin = this.parts.originOf(name);
    const found = cell.found.get(name);
    if (!last || !origin || this.above(cell, name).length > 0 || found?.digest === origin.digest) return [];
    return [
      `it read ${name} after ${this.parts.labelOf(last.id)} below had changed it: after a restart it reads the value of before`,
    ];
  }

  /** A stage reads the value that a variable has when it runs; one that changes below its cell is another one after a restart. */
  changedBelow(cell: CellRecord): readonly string[] {
    return [...this.parts.readByStages(cell)].flatMap((name) => {
      const leavers = this.leavers.get(name) ?? [];
      const above = leavers
        .filter((other) => this.place(other) <= this.place(cell))
        .at(-1)
        ?.left.get(name);
      const below = leavers.find(
        (other) => this.place(other) > this.place(cell) && other.left.get(name)?.digest !== above?.digest,
      );
      return above && below
        ? [
            `its stages read ${name}, which ${this.parts.labelOf(below.id)} below changes: after a restart they read the value of before`,
          ]
        : [];
    });
  }

  /** Adds the cells that give the variable the value that `cell` needs; without a cell: its final value. */
  private provide(replayed: Set<CellId>, cell: CellRecord | undefined, name: string): void {
    const above = cell ? this.above(cell, name) : (this.leavers.get(name) ?? []);
    const provider = above.at(-1);
    if (!provider || replayed.has(provider.id)) return;
    const isReplaced = above.some(({ id }) => replayed.has(id));
    if (isReplaced || this.parts.stateOf(name)?.digest !== provider.left.get(name)?.digest) replayed.add(provider.id);
  }

  /** What the cell leaves replaces what later cells have left: they are executed again too, and those that hold the old objects. */
  private restore(replayed: Set<CellId>, cell: CellRecord): void {
    for (const [name, { identity }] of cell.left) {
      for (const later of this.parts.cells.slice(this.place(cell) + 1)) {
        const holdsOld = identity > 0 && this.inPlace.has(name) && later.found.has(name) && holdsObjects(later);
        if (later.left.has(name) || holdsOld) replayed.add(later.id);
      }
    }
  }

  private place({ id }: CellRecord): number {
    return this.places.get(id) ?? -1;
  }
}

/** Whether it has left objects, which may contain those that it found. */
function holdsObjects({ left }: CellRecord): boolean {
  return [...left.values()].some(({ identity }) => identity > 0);
}
