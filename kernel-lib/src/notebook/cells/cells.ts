/** The cells that were executed in this kernel: what each read, and therefore which are stale. Definitions belong to their cell. */
import type { CellId, EventBody, View } from "../../protocol";
import type { Scopes } from "../../key/scopes";
import type { CellRead } from "../../run/state/activity";
import type { Engine } from "../../run/engine";
import { beginRecord, type CellRecord } from "./cell-record";
import { CellStatuses } from "./cell-statuses";
import { guestOfCell } from "./guest-cells";
import type { CellAccess, CompiledCell } from "../tslab/compiled-cell";
import { isSharedName } from "../tslab/shared-names";
import { VariableFlow } from "./variable-flow";
import { NotebookVariables, type VariableState } from "./variables";

/** Of user code that the page runs: it may have changed any variable. */
const anyAccess: CellAccess = { reads: [], captures: [], writes: [], hasEffects: true };

/** The state of a variable that does not exist. */
const missing: VariableState = { digest: "", identity: 0 };

export interface CellParts {
  readonly engine: Engine;
  readonly scopes: Scopes;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly view: () => View;
  readonly emit: (event: EventBody) => void;
}

export class NotebookCells {
  private readonly records = new Map<CellId, CellRecord>();
  private readonly deleted = new Set<CellId>();
  /** The mark that was last emitted, as JSON. */
  private readonly emitted = new Map<CellId, string>();
  private readonly variables: NotebookVariables;
  private readonly statuses: CellStatuses;
  private executions = 0;
  /** In document order, as reported by the page. */
  private order: readonly CellId[] = [];
  private currentFlow: VariableFlow | undefined;

  constructor(private readonly parts: CellParts) {
    const variables = new NotebookVariables(parts.variables, parts.scopes);
    this.variables = variables;
    this.statuses = new CellStatuses({
      engine: parts.engine,
      view: parts.view,
      variables,
      flow: () => this.flow(),
      labelOf: (cell) => this.labelOf(cell),
      sequenceOf: (cell) => this.records.get(cell)?.sequence ?? 0,
    });
  }

  isAlive(cell: CellId): boolean {
    return !this.deleted.has(cell);
  }

  /** Human-readable name. */
  labelOf(cell: CellId): string {
    const record = this.records.get(cell);
    const guest = guestOfCell(cell);
    const of = guest === undefined ? "" : ` of ${guest}`;
    return record ? `cell [${record.count}]${of}` : `a cell${of} that has not been executed`;
  }

  /** The variables that a failed cell would have assigned and did not. */
  missingVariables(cell: CellId): readonly string[] {
    const record = this.records.get(cell);
    if (!record || record.ok) return [];
    return record.access.writes.filter((name) => !isSharedName(name) && this.parts.variables[name] === undefined);
  }

  /** The cell starts: what it defined before is forgotten unless it is defined again. */
  begin(cell: CellId, count: number, source = ""): void {
    const { engine } = this.parts;
    this.deleted.delete(cell);
    engine.registry.stages.beginCell(cell);
    engine.registry.params.beginCell(cell);
    this.records.set(cell, beginRecord(cell, count, ++this.executions, source, this.records.get(cell)));
    this.currentFlow = undefined;
    this.emitted.delete(cell);
    this.parts.emit({ type: "cell:running", cell });
  }

  /** Corrects the number in the cell's prompt. */
  recount(cell: CellId, count: number): void {
    const record = this.records.get(cell);
    if (record) record.count = count;
  }

  /** The cell's code is about to be executed. */
  compiled(cell: CellId, access: CompiledCell): void {
    const record = this.records.get(cell);
    if (!record) return;
    if (record.changes.code !== access.code) record.changes = { code: access.code, names: new Set() };
    record.access = access;
    record.isCompiled = true;
    this.variables.beforeCell(access);
    record.reads = this.variables.reachedFrom(access.reads);
    record.found = this.statesOf(record.reads);
  }

  /** Records what the cell's code reads. */
  observe(cell: CellId, read: CellRead): void {
    const record = this.records.get(cell);
    if (!record) return;
    switch (read.kind) {
      case "stage":
        record.stages.set(read.id, { name: read.name, digest: read.digest });
        return;
      case "param":
        record.params.set(read.name, this.statuses.paramDigest(read.name));
        return;
      case "set-param":
        record.setParams.set(read.name, this.statuses.paramDigest(read.name));
        return;
      case "taken":
        record.taken.push(read);
        return;
      case "shown":
        record.shown.push(read);
    }
  }

  /** The user stops the cell, if it is still running. */
  interrupt(cell: CellId): void {
    const record = this.records.get(cell);
    if (record?.running) record.isInterrupted = true;
  }

  /** Whether the current execution has defined a stage or parameter. */
  hasDefined(cell: CellId): boolean {
    const { stages, params } = this.parts.engine.registry;
    return stages.definedBy(cell).length + params.definedBy(cell).length > 0;
  }

  /** The cell has ended: definitions that it no longer contains are removed. */
  end(cell: CellId, ok: boolean): void {
    const { engine, emit } = this.parts;
    const record = this.records.get(cell);
    if (!record) return;
    record.running = false;
    record.ok = ok;
    if (!ok) this.expectMissing(record);
    for (const gone of engine.registry.stages.endCell(cell, ok)) emit({ type: "stage:removed", stage: gone.name });
    for (const gone of engine.registry.params.endCell(cell, ok)) engine.params.remove(gone.name);
    engine.changed("code");
    this.compareVariables(record);
    emit({ type: "cell:ended", cell, ok });
  }

  /** A cell may have failed because a variable did not exist: it is worth executing again once it does. */
  private expectMissing(record: CellRecord): void {
    if (!record.isCompiled) record.reads = new Set(record.source.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu));
    record.found = new Map([
      ...[...record.reads].map((name) => [name, missing] as const),
      ...this.statesOf(record.isCompiled ? [] : record.reads),
      ...record.found,
    ]);
  }

  /** User code has been executed outside cells: stages that the page has run. */
  ranOutsideCells(): void {
    this.variables.compare(null, anyAccess, 0);
  }

  /** The notebook's code cells in document order: those that are missing were deleted. */
  arrange(order: readonly CellId[]): void {
    const alive = new Set(order);
    this.order = order;
    this.currentFlow = undefined;
    this.forget([...this.records.keys()].filter((cell) => !alive.has(cell) && guestOfCell(cell) === undefined));
    this.parts.engine.changed("code");
    this.mark();
  }

  /** The notebook has deleted these cells: their definitions are removed. */
  forget(cells: readonly CellId[]): void {
    const { engine, emit } = this.parts;
    this.currentFlow = undefined;
    for (const cell of cells) {
      this.deleted.add(cell);
      for (const gone of engine.registry.stages.removeCell(cell)) emit({ type: "stage:removed", stage: gone.name });
      for (const gone of engine.registry.params.removeCell(cell)) engine.params.remove(gone.name);
      if (this.records.delete(cell)) emit({ type: "cell:removed", cell });
      this.emitted.delete(cell);
    }
  }

  /** Emits the marks that have changed. Called after each event that may change one (`connect.ts`), and when cells were arranged. */
  mark(): void {
    for (const record of this.records.values()) {
      if (record.running) continue;
      const mark = this.statuses.markOf(record);
      const text = JSON.stringify(mark);
      if (
        (this.emitted.get(record.id) ?? JSON.stringify({ status: record.ok ? "fresh" : "failed", reasons: [] })) ===
        text
      )
        continue;
      this.emitted.set(record.id, text);
      this.parts.emit({ type: "cell:marked", cell: record.id, ...mark });
    }
  }

  /** The stages that these cells define or have read, by name. */
  stagesOf(cells: readonly CellId[]): ReadonlySet<string> {
    const read = cells.flatMap((cell) => [...(this.records.get(cell)?.stages.values() ?? [])]);
    const defined = cells.flatMap((cell) => this.parts.engine.registry.stages.ofCell(cell));
    return new Set([...read, ...defined].map(({ name }) => name));
  }

  /**
   * The cells that _Run stale_ executes now, in document order, with the stages that it runs first. A cell that is out of date is executed
   * once the stages that it reads are fresh, and with it the cells that give its variables the values which they have at that place.
   * Cells that change what stale stages read come before those stages.
   */
  toExecute(
    staleStages: ReadonlySet<string>,
    chooses: (cell: CellId) => boolean,
  ): { readonly cells: readonly CellId[]; readonly beforeStages: boolean } {
    const captured = this.capturedBy([...staleStages]);
    const ready = this.ready(captured, chooses);
    const changed = new Set(ready.flatMap(({ left }) => [...left.keys()].filter((name) => captured.has(name))));
    // In between, those that call such stages, and those that read a value which a later one of them replaces.
    const before = ready.filter((record, at) => {
      const isLeftOrCaptured = [...record.left.keys(), ...this.readByStages(record)].some((name) => changed.has(name));
      const isReplaced = (name: string): boolean => ready.slice(at + 1).some(({ left }) => left.has(name));
      return isLeftOrCaptured || [...record.found.keys()].some((name) => changed.has(name) && isReplaced(name));
    });
    const cells = before.length > 0 ? before : ready.filter((record) => this.statuses.areFresh(record));
    return { cells: cells.map(({ id }) => id), beforeStages: before.length > 0 };
  }

  /**
   * The cells that are out of date and those that have to be executed with them, in document order. A cell that would not find its values,
   * because one that gives them has failed or is not chosen, is left out before it is decided which others are executed for its sake.
   */
  private ready(captured: ReadonlySet<string>, chooses: (cell: CellId) => boolean): readonly CellRecord[] {
    const flow = this.flow();
    const canExecute = (record: CellRecord): boolean => chooses(record.id) && this.statuses.canExecute(record);
    const worth = [...this.records.values()].filter(
      (record) => chooses(record.id) && this.statuses.isWorthExecuting(record),
    );
    const readyFor = (chosen: ReadonlySet<CellId>): readonly CellRecord[] =>
      flow.executable(flow.replay(chosen, captured), canExecute);
    for (const chosen = new Set(worth.map(({ id }) => id)); ;) {
      const ready = readyFor(chosen);
      const found = new Set(ready.map(({ id }) => id));
      const lost = [...chosen].filter((id) => !found.has(id));
      if (lost.length === 0) return ready;
      // Others may be lost only because of what these would have executed again.
      const hopeless = lost.filter((id) => !readyFor(new Set([id])).some((record) => record.id === id));
      for (const id of hopeless.length > 0 ? hopeless : lost) chosen.delete(id);
    }
  }

  private compareVariables(record: CellRecord): void {
    const { variables } = this;
    // The cell that imports Stagebook was compiled before, as were those that ran before it.
    const access = record.sequence === 1 ? { ...record.access, writes: variables.newNames() } : record.access;
    record.access = access;
    // No page marks the cells of a command.
    if (this.parts.engine.runOverrides.isHeadless) return;
    const changes = variables.compare(record.id, access, performance.now() - record.startedAt);
    const before = [...changes].flatMap(([name, change]) => {
      const isNew =
        record.found.has(name) || access.writes.includes(name) || change.before?.digest === change.after.digest;
      return change.before === undefined || isNew ? [] : [[name, change.before] as const];
    });
    record.found = new Map([...record.found, ...before]);
    const names = new Set([...access.writes, ...changes.keys()]);
    record.left = this.statesOf(names);
    for (const [name, { identity }] of record.left)
      if (identity > 0 && !access.writes.includes(name)) record.changes.names.add(name);
    this.currentFlow = undefined;
  }

  private statesOf(names: Iterable<string>): ReadonlyMap<string, VariableState> {
    const states = new Map<string, VariableState>();
    for (const name of names) {
      const state = this.variables.stateOf(name);
      if (state) states.set(name, { digest: state.digest, identity: state.identity });
    }
    return states;
  }

  private flow(): VariableFlow {
    return (this.currentFlow ??= new VariableFlow({
      cells: this.arranged(),
      labelOf: (cell) => this.labelOf(cell),
      stateOf: (name) => this.variables.stateOf(name),
      originOf: (name) => this.variables.originOf(name),
      readByStages: (record) => this.readByStages(record),
      waits: (record) => this.statuses.stageReasons(record).some(({ isBlocked }) => isBlocked),
    }));
  }

  /** In document order; cells that the page has not named, in the order of their first execution. */
  private arranged(): readonly CellRecord[] {
    const places = new Map(this.order.map((cell, at) => [cell, at]));
    const records = [...this.records.values()];
    const isNamed = ({ id }: CellRecord): boolean => places.has(id);
    const named = records.filter(isNamed).sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0));
    return [...named, ...records.filter((record) => !isNamed(record))];
  }

  private readByStages(record: CellRecord): ReadonlySet<string> {
    const defined = this.parts.engine.registry.stages.ofCell(record.id).map(({ name }) => name);
    return this.capturedBy([...defined, ...[...record.stages.values()].map(({ name }) => name)]);
  }

  /** The variables that these stages and those upstream of them read. */
  private capturedBy(stages: readonly string[]): ReadonlySet<string> {
    const view = this.parts.view().stages;
    const reached = new Set(stages);
    const names = new Set<string>();
    for (const stage of reached) {
      const cell = view[stage]?.cell;
      for (const name of (cell ? this.records.get(cell)?.access.captures : undefined) ?? []) names.add(name);
      for (const { kind, name } of view[stage]?.inputs ?? []) if (kind === "stage") reached.add(name);
    }
    return this.variables.reachedFrom(names);
  }
}
