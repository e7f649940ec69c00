/**
 * tslab's converter of cells with a memory: for a cell that an earlier process compiled after the same cells, in the same state of
 * everything that the compiler looked at, it returns what that process got, and TypeScript is not loaded. Used by the headless kernel.
 *
 * What a conversion depends on, beside the files (look-ups.ts): the declarations of the cells before, the source, the modules that cells
 * registered with tslab, which local modules were compiled already (tslab compiles each once, and again after an edit), and what was
 * compiled before Stagebook changed the compiler, because what was resolved then stays. All of it is in the key of a record. When a
 * record is missing, the compiler is loaded and brought into this state.
 */
import { createHash } from "node:crypto";
import { unobserved } from "../../../observe";
import { silently } from "../../../observe/silence";
import type { DeclaredParam } from "../../../stage/param";
import {
  declaredParamsIn,
  readCompiler,
  type CellCompiler,
  type CellDiagnostic,
  type Compiler,
  type ConvertedCell,
  type Converter,
} from "../compiler";
import { forget, seenState } from "../repairs/changed-files";
import type { TypeScript } from "../type-schema";
import { LookUps } from "./look-ups";
import { observeSystem } from "./observed-system";
import type { ConversionRecord, RecordFile } from "./record-file";

/** tslab's converter as its executor uses it. */
export interface CellConverter extends Converter {
  addModule: (name: string, source: string, meta: object) => readonly CellDiagnostic[];
  close: () => void;
}

export interface CachedCompilerParts {
  /** TypeScript, and tslab's converter with it: the expensive part. */
  readonly loadTypeScript: () => TypeScript;
  readonly createConverter: () => CellConverter;
  readonly file: Pick<RecordFile, "read" | "write">;
  /** Of the kernel, absolute: the converter has to be created in it. */
  readonly folder: string;
  /** Whether a JSON file is loaded again once it was edited, as the repair `changed-files` does it. */
  readonly reloadsJson: boolean;
}

/** The files of packages are checked again when the last time is longer ago, and so seldom that it takes a tenth of the time at most. */
const PACKAGES_MS = 100;
const PACKAGES_SHARE = 10;
/** Records that no cell used this time are kept for when an edit is taken back. */
const MAX_UNUSED = 200;

interface ConvertCall {
  readonly declarations: string;
  readonly source: string;
}

interface ModuleCall {
  readonly name: string;
  readonly source: string;
  readonly meta: object;
}

interface Loaded {
  readonly converter: CellConverter;
  readonly compiler: Compiler | undefined;
  /** The converter's own set of local modules that it has compiled. */
  readonly emitted: Set<string>;
}

interface LastCell extends ConvertCall {
  readonly record?: ConversionRecord;
  /** Whether the loaded compiler holds this cell. */
  isLoaded: boolean;
}

export class CachedCompiler implements CellCompiler {
  readonly converter: CellConverter = {
    convert: (declarations, source) => this.convert({ declarations, source }),
    addModule: (name, source, meta) => this.addModule({ name, source, meta }),
    inspect: (...args) => this.load().converter.inspect(...args),
    complete: (...args) => this.load().converter.complete(...args),
    close: () => this.close(),
  };

  private loaded: Loaded | undefined;
  private lookUps = new LookUps();
  private readonly records = new Map<string, ConversionRecord>();
  private readonly used = new Set<string>();
  private readonly seenFiles = new Map<string, string>();
  private emitted = new Set<string>();
  private last: LastCell | undefined;
  /** All calls before the compiler was changed. */
  private readonly before: (ConvertCall | ModuleCall)[] = [];
  /** Modules that cells registered after that. */
  private readonly modules: ModuleCall[] = [];
  private readonly changes: { readonly install: (compiler: Compiler) => boolean; readonly state: string }[] = [];
  private isRead = false;
  private isRecording = true;
  private isDirty = false;
  private packagesDueMs = -Infinity;
  private endObserving: (() => void) | undefined;

  constructor(private readonly parts: CachedCompilerParts) {}

  /** Undefined when this version of tslab is built differently. */
  get cells(): CellCompiler | undefined {
    return this.loaded && !this.loaded.compiler ? undefined : this;
  }

  change(install: (compiler: Compiler) => boolean, state: string): void {
    this.changes.push({ install, state });
    if (this.loaded?.compiler && !install(this.loaded.compiler)) this.isRecording = false;
  }

  declaredParams(source: string): ReadonlyMap<string, DeclaredParam> {
    const { last } = this;
    if (!last) return new Map();
    const own = last.source === source ? last.record : undefined;
    if (own?.params) return new Map(own.params);
    const { converter, compiler } = this.load();
    if (!compiler) return new Map();
    if (!last.isLoaded) converter.convert(last.declarations, last.source);
    last.isLoaded = true;
    const params = declaredParamsIn(compiler, source);
    if (own) own.params = [...params];
    this.isDirty = true;
    return params;
  }

  private convert(call: ConvertCall): ConvertedCell {
    this.last = undefined;
    const changed = this.prepare();
    const key = this.keyOf(["cell", call.declarations, call.source]);
    // A loaded compiler has to learn of edited files.
    const known = this.loaded && changed.size > 0 ? undefined : this.find(key);
    const record =
      known ?? this.compile(key, changed, ({ converter }) => converter.convert(call.declarations, call.source));
    if (known) this.replay(known);
    if (this.changes.length === 0) this.before.push(call);
    this.last = { ...call, record, isLoaded: known === undefined };
    return record.cell;
  }

  private addModule(call: ModuleCall): readonly CellDiagnostic[] {
    const changed = this.prepare();
    const key = this.keyOf(["module", call]);
    const known = this.loaded ? undefined : this.find(key);
    const record =
      known ??
      this.compile(key, changed, ({ converter }) => ({
        diagnostics: converter.addModule(call.name, call.source, call.meta),
      }));
    if (known) this.replay(known);
    (this.changes.length === 0 ? this.before : this.modules).push(call);
    return record.cell.diagnostics;
  }

  /** Returns the files of the user that were edited since the cell before: what tslab compiled of them is compiled again. */
  private prepare(): ReadonlyMap<string, string> {
    return silently(() => {
      this.read();
      if (this.loaded) this.emitted = new Set(this.loaded.emitted);
      const changed = new Map<string, string>();
      for (const [file, before] of this.seenFiles) {
        const state = seenState(file);
        if (state !== before) changed.set(file, state);
      }
      for (const file of changed.keys()) this.emitted.delete(file);
      // A loaded compiler checks for edits itself; one that is loaded for this cell reads everything as it is now.
      if (!this.loaded) this.notice(changed);
      return changed;
    });
  }

  private read(): void {
    if (this.isRead) return;
    this.isRead = true;
    const document = this.parts.file.read();
    if (!document) return;
    this.lookUps = new LookUps(document.looks);
    for (const [key, record] of Object.entries(document.cells)) this.records.set(key, record);
  }

  private keyOf(call: readonly unknown[]): string {
    const state = [this.before, this.changes.map((change) => change.state), this.modules, [...this.emitted].sort()];
    return createHash("sha256")
      .update(JSON.stringify([state, call]))
      .digest("base64url");
  }

  private find(key: string): ConversionRecord | undefined {
    const record = this.records.get(key);
    if (!record || !this.isRecording || !silently(() => this.hold())) return undefined;
    this.used.add(key);
    return record;
  }

  /** Whether everything that the compiler looked at is as it was. If not, no record is valid. */
  private hold(): boolean {
    let holds = this.lookUps.hold("local");
    const startMs = performance.now();
    if (holds && startMs > this.packagesDueMs) {
      holds = this.lookUps.hold("packages");
      const endMs = performance.now();
      this.packagesDueMs = endMs + Math.max(PACKAGES_MS, PACKAGES_SHARE * (endMs - startMs));
    }
    if (holds) return true;
    this.records.clear();
    // A loaded compiler does not look again at what it believes to be unchanged.
    if (!this.loaded) this.lookUps.clear();
    return false;
  }

  private notice(changed: ReadonlyMap<string, string>): void {
    if (this.parts.reloadsJson && this.changes.length > 0) for (const file of changed.keys()) forget(file);
    for (const [file, state] of changed) this.seenFiles.set(file, state);
  }

  private replay({ emits }: ConversionRecord): void {
    for (const file of emits) {
      this.emitted.add(file);
      this.loaded?.emitted.add(file);
    }
    this.see();
  }

  private compile(
    key: string,
    changed: ReadonlyMap<string, string>,
    act: (loaded: Loaded) => ConvertedCell,
  ): ConversionRecord {
    const loaded = this.load();
    this.lookUps.hasConflict = false;
    const cell = unobserved(() => act(loaded));
    if (this.lookUps.hasConflict) this.records.clear();
    const record: ConversionRecord = { cell, emits: [...loaded.emitted].filter((file) => !this.emitted.has(file)) };
    this.emitted = new Set(loaded.emitted);
    for (const [file, state] of changed) this.seenFiles.set(file, state);
    this.records.set(key, record);
    this.used.add(key);
    this.isDirty = true;
    this.see();
    return record;
  }

  /** Files that are seen for the first time, as the cell is executed with them. Modules that no cell has imported yet may still change. */
  private see(): void {
    silently(() => {
      for (const file of this.lookUps.localFiles())
        if (!this.seenFiles.has(file) && (!isModule(file) || this.emitted.has(file)))
          this.seenFiles.set(file, seenState(file));
    });
  }

  /** The compiler in the state in which it would be, had it compiled all cells so far. */
  private load(): Loaded {
    if (this.loaded) return this.loaded;
    this.read();
    const { parts, before, modules, changes, emitted: isEmitted } = this;
    const { sys } = parts.loadTypeScript();
    this.endObserving = observeSystem(sys, () => this.lookUps, () => (this.isRecording = false)); // prettier-ignore
    const converter = unobserved(() => within(parts.folder, parts.createConverter));
    const compiler = readCompiler(converter, this.seenFiles);
    const emitted = compiler?.own("sideInputsConverted");
    if (!(emitted instanceof Set)) this.isRecording = false;
    this.loaded = { converter, compiler, emitted: emitted instanceof Set ? (emitted as Set<string>) : new Set() };
    const repeat = (call: ConvertCall | ModuleCall): void => {
      if ("name" in call) converter.addModule(call.name, call.source, call.meta);
      else converter.convert(call.declarations, call.source);
    };
    unobserved(() => before.forEach(repeat));
    if (compiler) for (const { install } of changes) if (!install(compiler)) this.isRecording = false;
    unobserved(() => modules.forEach(repeat));
    this.loaded.emitted.clear();
    for (const file of isEmitted) this.loaded.emitted.add(file);
    return this.loaded;
  }

  private close(): void {
    this.endObserving?.();
    this.loaded?.converter.close();
    if (!this.isRecording || !(this.isDirty || this.lookUps.isRenewed)) return;
    const unused = [...this.records].filter(([key]) => !this.used.has(key)).slice(-MAX_UNUSED);
    const used = [...this.records].filter(([key]) => this.used.has(key));
    this.parts.file.write({ looks: this.lookUps.toJSON(), cells: Object.fromEntries([...unused, ...used]) });
    this.isDirty = false;
  }
}

/** Which tslab compiles with the cell that imports it. */
const isModule = (file: string): boolean => /(?<!\.d)\.ts$|\.js$/.test(file);

/** A cell may have left the folder in which the kernel was started. */
function within<T>(folder: string, act: () => T): T {
  const present = process.cwd();
  if (present === folder) return act();
  process.chdir(folder);
  try {
    return act();
  } finally {
    process.chdir(present);
  }
}
