/** The cells that were executed in this kernel: what each read, and therefore which are stale. Definitions belong to their cell. */
import { caveatsOf, type CellId, type CellStatus, type EventBody, type Freshness, type View } from "../../protocol";
import type { Scopes } from "../../key/scopes";
import { digestAnything } from "../../key/code/closure";
import type { CellRead } from "../../run/state/activity";
import type { Engine } from "../../run/engine";
import { guestOfCell } from "./guest-cells";
import type { CompiledCell } from "../tslab/compiled-cell";

interface CellRecord {
  readonly id: CellId;
  /** `[3]` in the notebook. */
  count: number;
  running: boolean;
  ok: boolean;
  /** The stages it read, by instance id. */
  readonly stages: Map<string, ReadStage>;
  /** The parameters it read, with the digest of the value. */
  readonly params: Map<string, string>;
  /** The variables of other cells that it read, with their version when it began. */
  variables: ReadonlyMap<string, number>;
  writes: readonly string[];
}

interface ReadStage {
  readonly name: string;
  /** Of the output that the cell read; "" when it read an error. */
  readonly digest: string;
}

/** The status of a cell, as the page marks it. */
interface Mark {
  readonly status: CellStatus;
  readonly reasons: readonly string[];
  /** See the event `cell:marked`. */
  readonly caveats?: readonly string[];
}

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
  /** Of each notebook variable. */
  private readonly versions = new Map<string, { readonly version: number; readonly digest: string }>();

  constructor(private readonly parts: CellParts) {}

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
    return record.writes.filter((name) => this.parts.variables[name] === undefined);
  }

  /** The cell starts: what it defined before is forgotten unless it is defined again. */
  begin(cell: CellId, count: number): void {
    const { engine } = this.parts;
    this.deleted.delete(cell);
    engine.registry.stages.beginCell(cell);
    engine.registry.params.beginCell(cell);
    this.records.set(cell, {
      id: cell,
      count,
      running: true,
      ok: true,
      stages: new Map(),
      params: new Map(),
      variables: new Map(),
      writes: [],
    });
    this.emitted.delete(cell);
    this.parts.emit({ type: "cell:running", cell });
  }

  /** Corrects the number in the cell's prompt. */
  recount(cell: CellId, count: number): void {
    const record = this.records.get(cell);
    if (record) record.count = count;
  }

  /** The cell's code is about to be executed. */
  compiled(cell: CellId, code: CompiledCell): void {
    const record = this.records.get(cell);
    if (!record) return;
    record.variables = new Map(code.reads.map((name) => [name, this.versions.get(name)?.version ?? 0]));
    record.writes = code.writes;
  }

  /** Records what the cell's code reads. */
  observe(cell: CellId, read: CellRead): void {
    const record = this.records.get(cell);
    if (!record) return;
    if (read.kind === "stage") record.stages.set(read.id, { name: read.name, digest: read.digest });
    else record.params.set(read.name, this.paramDigest(read.name));
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
    for (const name of record.writes) this.updateVersion(name);
    emit({ type: "cell:ended", cell, ok });
  }

  /** The notebook has deleted these cells: their definitions are removed. */
  forget(cells: readonly CellId[]): void {
    const { engine, emit } = this.parts;
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

  /** Stale cells whose stages are all fresh: executing them shows the current results. */
  toExecute(): readonly CellId[] {
    return [...this.records.values()]
      .filter(
        (record) =>
          !record.running &&
          this.markOf(record).status === "stale" &&
          [...record.stages].every(([id, { name }]) => (this.stateOf(id, name)?.status ?? "fresh") === "fresh"),
      )
      .map((record) => record.id);
  }

  private markOf(record: CellRecord): Mark {
    const reasons = [...this.stageReasons(record), ...this.paramReasons(record), ...this.variableReasons(record)];
    if (!record.ok) return this.hasRecovered(record) ? { status: "stale", reasons } : { status: "failed", reasons: [] };
    const { stages } = this.parts.view();
    const defined = this.parts.engine.registry.stages.ofCell(record.id).flatMap(({ name }) => stages[name] ?? []);
    const read = [...record.stages.values()].flatMap(({ name }) => stages[name] ?? []);
    const failed = [...defined, ...read].find((stage) => stage.status === "failed");
    if (failed) return { status: "failed", reasons: [`${failed.name} failed: ${failed.error?.message ?? ""}`] };
    if (reasons.length > 0) return { status: "stale", reasons };
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
      };
    const caveats = [...new Set([...defined, ...read])].flatMap((stage) =>
      caveatsOf(stage).map((text) => `${stage.name}: ${text}`),
    );
    return { status: "fresh", reasons: [], ...(caveats.length > 0 ? { caveats } : {}) };
  }

  /** A failed cell is worth executing again once the stages that failed in it are fresh, or something else that it read has changed. */
  private hasRecovered(record: CellRecord): boolean {
    const readFailing = [...record.stages].filter(([, { digest }]) => digest === "");
    if (readFailing.length > 0)
      return readFailing.every(([id, { name }]) => this.stateOf(id, name)?.status === "fresh");
    return this.paramReasons(record).length > 0 || this.variableReasons(record).length > 0;
  }

  private stageReasons(record: CellRecord): string[] {
    return [...record.stages].flatMap(([id, { name, digest }]) => {
      const now = this.stateOf(id, name);
      if (!now) return [`${name} no longer exists`];
      if (now.status === "running") return [];
      if (now.status !== "fresh") return [`${name} is ${now.status}${now.reasons ? `: ${now.reasons}` : ""}`];
      return now.digest === digest ? [] : [`${name} has a new result`];
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

  private variableReasons(record: CellRecord): string[] {
    return [...record.variables].flatMap(([name, version]) =>
      (this.versions.get(name)?.version ?? 0) === version ? [] : [`variable ${name} changed`],
    );
  }

  private paramDigest(name: string): string {
    const { params } = this.parts.engine;
    return params.names().includes(name) ? params.digest(params.value(name, new Map())) : "";
  }

  /** A variable reassigned to an equal value keeps its version. */
  private updateVersion(name: string): void {
    const before = this.versions.get(name);
    const digest = digestAnything(this.parts.variables[name], this.parts.scopes);
    if (before?.digest === digest) return;
    this.versions.set(name, { version: (before?.version ?? 0) + 1, digest });
  }
}
