/** The cells that were executed in this kernel: what each read, and therefore which are stale. Definitions belong to their cell. */
import { caveatsOf, type CellId, type CellStatus, type EventBody, type Freshness, type View } from "../../protocol";
import type { Scopes } from "../../key/scopes";
import type { CellRead } from "../../run/state/activity";
import type { Engine } from "../../run/engine";
import { beginRecord, type CellRecord } from "./cell-record";
import { guestOfCell } from "./guest-cells";
import type { CellAccess } from "../tslab/compiled-cell";
import { VariableFlow } from "./variable-flow";
import { NotebookVariables, type VariableState } from "./variables";

/** The status of a cell, as the page marks it. */
interface Mark {
  readonly status: CellStatus;
  readonly reasons: readonly string[];
  /** See the event `cell:marked`. */
  readonly caveats?: readonly string[];
  readonly blocked?: true;
}

/** Why the output of a cell is out of date. */
interface Outdated {
  readonly text: string;
  /** Something that it depends on has failed. */
  readonly isBlocked: boolean;
}

/** What the page does with code of the user's. */
const anyAccess: CellAccess = { reads: [], captures: [], writes: [], hasEffects: true };

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
  private executions = 0;
  /** In document order, as the page has said. */
  private order: readonly CellId[] = [];
  private currentFlow: VariableFlow | undefined;

  constructor(private readonly parts: CellParts) {
    this.variables = new NotebookVariables(parts.variables, parts.scopes);
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
    return record.access.writes.filter((name) => this.parts.variables[name] === undefined);
  }

  /** The cell starts: what it defined before is forgotten unless it is defined again. */
  begin(cell: CellId, count: number): void {
    const { engine } = this.parts;
    this.deleted.delete(cell);
    engine.registry.stages.beginCell(cell);
    engine.registry.params.beginCell(cell);
    this.records.set(cell, beginRecord(cell, count, ++this.executions));
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
  compiled(cell: CellId, access: CellAccess): void {
    const record = this.records.get(cell);
    if (!record) return;
    record.access = access;
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
        record.params.set(read.name, this.paramDigest(read.name));
        return;
      case "set-param":
        record.setParams.set(read.name, this.paramDigest(read.name));
        return;
      case "shown":
        record.shown.push(read);
    }
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
    for (const gone of engine.registry.stages.endCell(cell, ok)) emit({ type: "stage:removed", stage: gone.name });
    for (const gone of engine.registry.params.endCell(cell, ok)) engine.params.remove(gone.name);
    engine.changed("code");
    this.compareVariables(record);
    emit({ type: "cell:ended", cell, ok });
  }

  /** Code of the user's has been executed outside cells: stages that the page has run. */
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

  /** Emits the marks that have changed. Called after a plan. */
  mark(): void {
    for (const record of this.records.values()) {
      if (record.running) continue;
      const mark = this.markOf(record);
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
    const worth = [...this.records.values()].filter((record) => chooses(record.id) && this.isWorthExecuting(record));
    const captured = this.capturedBy([...staleStages]);
    const replayed = this.flow().replay(new Set(worth.map(({ id }) => id)), captured);
    const ready = this.arranged().filter(
      (record) => replayed.has(record.id) && chooses(record.id) && this.canExecute(record) && this.areFresh(record),
    );
    const first = ready.filter(({ left }) => [...left.keys()].some((name) => captured.has(name)));
    return { cells: (first.length > 0 ? first : ready).map(({ id }) => id), beforeStages: first.length > 0 };
  }

  private isWorthExecuting(record: CellRecord): boolean {
    if (record.running || this.undoes(record).length > 0) return false;
    if (!record.ok) return this.hasRecovered(record);
    const outdated = this.outdated(record);
    return outdated.length > 0 && outdated.every(({ isBlocked }) => !isBlocked);
  }

  /** A failed cell, and one that needs what a failed one has not left, waits. */
  private canExecute(record: CellRecord): boolean {
    if (record.running || (!record.ok && !this.hasRecovered(record)) || this.undoes(record).length > 0) return false;
    return this.outdated(record).every(({ isBlocked }) => !isBlocked);
  }

  private areFresh(record: CellRecord): boolean {
    return [...record.stages].every(([id, { name }]) => (this.stateOf(id, name)?.status ?? "fresh") === "fresh");
  }

  private markOf(record: CellRecord): Mark {
    const outdated = this.outdated(record);
    const reasons = outdated.map(({ text }) => text);
    if (!record.ok) return this.hasRecovered(record) ? { status: "stale", reasons } : { status: "failed", reasons: [] };
    const { stages } = this.parts.view();
    const defined = this.parts.engine.registry.stages.ofCell(record.id).flatMap(({ name }) => stages[name] ?? []);
    const read = [...record.stages.values()].flatMap(({ name }) => stages[name] ?? []);
    const failed = [...defined, ...read].find((stage) => stage.status === "failed");
    if (failed) return { status: "failed", reasons: [`${failed.name} failed: ${failed.error?.message ?? ""}`] };
    if (reasons.length > 0) {
      const undoes = this.undoes(record).map(
        (name) => `Run stale does not execute it: it would undo the change of ${name}`,
      );
      const isBlocked = undoes.length > 0 || outdated.some((each) => each.isBlocked);
      return {
        status: "stale",
        reasons: [...reasons, ...undoes, ...this.flow().changedBelow(record)],
        ...(isBlocked ? { blocked: true } : {}),
      };
    }
    const stale = defined.filter(
      (stage) =>
        stage.status === "stale" ||
        stage.status === "pending" ||
        stage.status === "blocked" ||
        stage.status === "cancelled",
    );
    if (stale.length > 0)
      return {
        status: "stale",
        reasons: stale.map((stage) => `${stage.name}: ${stage.reasons.map((reason) => reason.text).join("; ")}`),
        ...(stale.every(({ status }) => status === "blocked") ? { blocked: true } : {}),
      };
    const caveats = [
      ...[...new Set([...defined, ...read])].flatMap((stage) =>
        caveatsOf(stage).map((text) => `${stage.name}: ${text}`),
      ),
      ...this.caveats(record),
    ];
    return { status: "fresh", reasons: [], ...(caveats.length > 0 ? { caveats } : {}) };
  }

  /** Why the output may be out of date although nothing says so. */
  private caveats(record: CellRecord): readonly string[] {
    return [...[...record.found.keys()].flatMap((name) => this.doubts(record, name)), ...this.flow().caveats(record)];
  }

  private doubts(record: CellRecord, name: string): readonly string[] {
    const cells = this.variables
      .doubtsAbout(name)
      .filter((cell) => cell !== record.id && (this.records.get(cell)?.sequence ?? 0) > record.sequence);
    if (cells.length === 0) return [];
    const labels = cells.map((cell) => this.labelOf(cell)).join(", ");
    return [
      `variable ${name} may have been changed in place by ${labels}: its value takes too long to compare, or cannot be compared`,
    ];
  }

  /** The parameters that it set and that have another value now, from the sidebar or another cell: to execute it would undo that. */
  private undoes(record: CellRecord): readonly string[] {
    return [...record.setParams].flatMap(([name, digest]) => (this.paramDigest(name) === digest ? [] : [name]));
  }

  private outdated(record: CellRecord): readonly Outdated[] {
    const free = (texts: readonly string[]): Outdated[] => texts.map((text) => ({ text, isBlocked: false }));
    return [
      ...this.stageReasons(record),
      ...free(this.paramReasons(record)),
      ...free(this.shownReasons(record)),
      ...this.flow().reasons(record),
    ];
  }

  /** A failed cell is worth executing again once the stages that failed in it are fresh, or something else that it read has changed. */
  private hasRecovered(record: CellRecord): boolean {
    const readFailing = [...record.stages].filter(([, { digest }]) => digest === "");
    if (readFailing.length > 0)
      return readFailing.every(([id, { name }]) => this.stateOf(id, name)?.status === "fresh");
    const variables = this.flow().reasons(record);
    if (variables.some(({ isBlocked }) => isBlocked)) return false;
    return this.paramReasons(record).length > 0 || variables.length > 0;
  }

  private stageReasons(record: CellRecord): Outdated[] {
    return [...record.stages].flatMap(([id, { name, digest }]): Outdated[] => {
      const now = this.stateOf(id, name);
      if (!now) return [{ text: `${name} no longer exists`, isBlocked: false }];
      if (now.status === "running") return [];
      if (now.status !== "fresh")
        return [
          {
            text: `${name} is ${now.status}${now.reasons ? `: ${now.reasons}` : ""}`,
            isBlocked: now.status === "blocked" || now.status === "failed",
          },
        ];
      return now.digest === digest ? [] : [{ text: `${name} has a new result`, isBlocked: false }];
    });
  }

  /** The current state of a stage. Under other parameter values it comes from the plan, not from the view. */
  private stateOf(id: string, name: string): { status: Freshness; reasons: string; digest?: string } | undefined {
    const stage = this.parts.view().stages[name];
    const now = id === name ? stage : (this.parts.engine.rowOf(id) ?? stage);
    if (!stage || !now) return undefined;
    return {
      status: now.status,
      reasons: now.reasons.map((reason) => reason.text).join("; "),
      digest: now.result?.digest,
    };
  }

  private paramReasons(record: CellRecord): string[] {
    return [...record.params].flatMap(([name, digest]) =>
      this.paramDigest(name) === digest ? [] : [`parameter ${name} changed`],
    );
  }

  private shownReasons(record: CellRecord): string[] {
    return [...new Set(record.shown.flatMap(({ what, text, now }) => (now() === text ? [] : [`${what} changed`])))];
  }

  private paramDigest(name: string): string {
    const { params } = this.parts.engine;
    return params.names().includes(name) ? params.digest(params.value(name, new Map())) : "";
  }

  private compareVariables(record: CellRecord): void {
    const { variables } = this;
    // The cell that imports Stagebook was compiled before, as were those that ran before it.
    const access = record.sequence === 1 ? { ...record.access, writes: variables.newNames() } : record.access;
    record.access = access;
    const changes = variables.compare(record.id, access, performance.now() - record.startedAt);
    const before = [...changes].flatMap(([name, change]) => {
      const isNew =
        record.found.has(name) || access.writes.includes(name) || change.before?.digest === change.after.digest;
      return change.before === undefined || isNew ? [] : [[name, change.before] as const];
    });
    record.found = new Map([...record.found, ...before]);
    const names = new Set([...access.writes, ...changes.keys()]);
    record.left = this.statesOf(names);
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
      readByStages: (record) => this.readByStages(record),
      waits: (record) => this.stageReasons(record).some(({ isBlocked }) => isBlocked),
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
