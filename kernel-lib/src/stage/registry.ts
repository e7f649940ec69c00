/** The registry of current definitions, by name. Executing a cell again replaces what it defined, and removes what it no longer defines. */
import type { CellId } from "../protocol";
import { StagebookError } from "../protocol";
import type { StageDefinition } from "./definition";
import type { ParamDefinition } from "./param";

/** A named definition of a cell. */
interface Defined {
  readonly name: string;
  readonly cell: CellId | null;
}

/** Where a definition comes from, and what is known of the cells. */
export interface DefinitionSite {
  /** Identifies the execution of the cell, which may define a name once; absent where definitions replace each other. */
  readonly execution?: object;
  readonly aliveCell: (cell: CellId) => boolean;
  readonly labelOf: (cell: CellId) => string;
  /** Called when another cell defines the name: `isFree` tells whether that is no longer so. */
  readonly taken?: (what: string, isFree: () => boolean) => void;
}

/** The definitions of one kind, in order of first definition. */
export class Definitions<T extends Defined> {
  private readonly byName = new Map<string, T>();
  private readonly byCell = new Map<CellId, Set<T>>();
  /** Names defined by each cell while it is executing. */
  private readonly inFlight = new Map<CellId, Set<string>>();
  /** The execution of a cell that each definition comes from. */
  private readonly executions = new WeakMap<T, object>();
  private list: readonly T[] | undefined;
  private changes = 0;

  constructor(private readonly noun: "stage" | "parameter") {}

  get(name: string): T | undefined {
    return this.byName.get(name);
  }

  all(): readonly T[] {
    return (this.list ??= [...this.byName.values()]);
  }

  /** Increases with each change: anything derived from the definitions is valid while it stays the same. */
  get version(): number {
    return this.changes;
  }

  /** The definitions of a cell, in order. */
  ofCell(cell: CellId): readonly T[] {
    return [...(this.byCell.get(cell) ?? [])];
  }

  /**
   * Throws `name-taken` when another existing cell defines the name, or this execution of the cell has defined it already. Returns the
   * definition that it replaces.
   */
  define(definition: T, site: DefinitionSite): T | undefined {
    const before = this.byName.get(definition.name);
    if (before) this.checkName(before, definition, site);
    if (before) this.forget(before);
    this.byName.set(definition.name, definition);
    this.changed();
    if (definition.cell)
      this.byCell.set(definition.cell, (this.byCell.get(definition.cell) ?? new Set()).add(definition));
    if (definition.cell) this.inFlight.get(definition.cell)?.add(definition.name);
    if (site.execution) this.executions.set(definition, site.execution);
    return before;
  }

  beginCell(cell: CellId): void {
    this.inFlight.set(cell, new Set());
  }

  /** Names that the execution in progress has defined so far. */
  definedBy(cell: CellId): readonly string[] {
    return [...(this.inFlight.get(cell) ?? [])];
  }

  /** Removes what an earlier execution of the cell defined and this one did not. After a failed execution nothing is removed. */
  endCell(cell: CellId, ok: boolean): readonly T[] {
    const kept = this.inFlight.get(cell);
    this.inFlight.delete(cell);
    return ok && kept ? this.remove(cell, (definition) => !kept.has(definition.name)) : [];
  }

  /** Removes everything that a deleted cell defined. */
  removeCell(cell: CellId): readonly T[] {
    return this.remove(cell, () => true);
  }

  private remove(cell: CellId, which: (definition: T) => boolean): readonly T[] {
    const gone = this.ofCell(cell).filter(which);
    for (const definition of gone) {
      this.byName.delete(definition.name);
      this.changed();
      this.forget(definition);
    }
    return gone;
  }

  private checkName(before: T, { name, cell }: T, { execution, aliveCell, labelOf, taken }: DefinitionSite): void {
    const label = cell ? labelOf(cell) : "one cell";
    if (execution && this.executions.get(before) === execution)
      throw new StagebookError(
        "name-taken",
        `${this.noun} "${name}" is defined twice in ${label}`,
        "Rename one of them. In a loop, or in a function that is called twice, make what differs part of the name.",
        { stage: name, ...(cell && { cell }) },
      );
    if (before.cell && cell && before.cell !== cell && aliveCell(before.cell)) {
      taken?.(`${this.noun} "${name}"`, () => (this.byName.get(name)?.cell ?? cell) === cell);
      throw new StagebookError(
        "name-taken",
        `${this.noun} "${name}" is defined in two cells: ${labelOf(before.cell)} and ${label}`,
        `Rename one of them, or delete the other cell (or run it again without "${name}").`,
        { stage: name, cell },
      );
    }
  }

  private changed(): void {
    this.changes++;
    this.list = undefined;
  }

  private forget(definition: T): void {
    if (definition.cell) this.byCell.get(definition.cell)?.delete(definition);
  }
}

/** All definitions of one pipeline. */
export interface Registry {
  readonly stages: Definitions<StageDefinition>;
  readonly params: Definitions<ParamDefinition>;
}

export function createRegistry(): Registry {
  return { stages: new Definitions<StageDefinition>("stage"), params: new Definitions<ParamDefinition>("parameter") };
}
