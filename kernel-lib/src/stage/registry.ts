/** What is defined now, by name. Re-running a cell replaces what it defined; a cell re-run without a name removes it. */
import type { CellId } from "../protocol";
import { StagebookError } from "../protocol";
import type { StageDefinition } from "./definition";
import type { ParamDefinition } from "./param";

/** Something that a cell defines by name. */
interface Defined {
  readonly name: string;
  readonly cell: CellId | null;
}

/** The definitions of one kind, in order of first definition. */
export class Definitions<T extends Defined> {
  private readonly byName = new Map<string, T>();
  private readonly byCell = new Map<CellId, Set<T>>();
  /** Names defined by each cell while it is executing. */
  private readonly inFlight = new Map<CellId, Set<string>>();
  private list: readonly T[] | undefined;
  private changes = 0;

  constructor(private readonly noun: "stage" | "parameter") {}

  get(name: string): T | undefined {
    return this.byName.get(name);
  }

  all(): readonly T[] {
    return (this.list ??= [...this.byName.values()]);
  }

  /** Another number after each change: what was worked out from the definitions holds while it is the same. */
  get version(): number {
    return this.changes;
  }

  /** What a cell defines, in order of definition. */
  ofCell(cell: CellId): readonly T[] {
    return [...(this.byCell.get(cell) ?? [])];
  }

  /** Throws `name-taken` when another live cell defines the name. Returns what it replaces. */
  define(definition: T, aliveCell: (cell: CellId) => boolean, labelOf: (cell: CellId) => string): T | undefined {
    const before = this.byName.get(definition.name);
    if (before?.cell && definition.cell && before.cell !== definition.cell && aliveCell(before.cell))
      throw new StagebookError(
        "name-taken",
        `${this.noun} "${definition.name}" is defined in two cells: ${labelOf(before.cell)} and ${labelOf(definition.cell)}`,
        `Give one of them another name, or delete the other cell (or run it again without "${definition.name}").`,
        { stage: definition.name, cell: definition.cell },
      );
    if (before) this.forget(before);
    this.byName.set(definition.name, definition);
    this.changed();
    if (definition.cell)
      this.byCell.set(definition.cell, (this.byCell.get(definition.cell) ?? new Set()).add(definition));
    if (definition.cell) this.inFlight.get(definition.cell)?.add(definition.name);
    return before;
  }

  beginCell(cell: CellId): void {
    this.inFlight.set(cell, new Set());
  }

  /** Names that the execution under way has defined so far. */
  definedBy(cell: CellId): readonly string[] {
    return [...(this.inFlight.get(cell) ?? [])];
  }

  /** Removes what an earlier execution of the cell defined and this one did not. After a failed execution nothing is removed. */
  endCell(cell: CellId, ok: boolean): readonly T[] {
    const kept = this.inFlight.get(cell);
    this.inFlight.delete(cell);
    return ok && kept ? this.remove(cell, (definition) => !kept.has(definition.name)) : [];
  }

  /** Removes all that the cell defined: it was deleted. */
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

  private changed(): void {
    this.changes++;
    this.list = undefined;
  }

  private forget(definition: T): void {
    if (definition.cell) this.byCell.get(definition.cell)?.delete(definition);
  }
}

/** All that is defined in one pipeline. */
export interface Registry {
  readonly stages: Definitions<StageDefinition>;
  readonly params: Definitions<ParamDefinition>;
}

export function createRegistry(): Registry {
  return { stages: new Definitions<StageDefinition>("stage"), params: new Definitions<ParamDefinition>("parameter") };
}
