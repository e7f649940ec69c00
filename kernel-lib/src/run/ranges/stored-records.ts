/** Records about parts of a stage, beside its results: single items, ranges of items, checkpoints. */
import type { Digest } from "../../protocol";
import type { Entry } from "../../store/store";
import type { EngineContext } from "../engine-context";
import type { ResultPort } from "../plan/observed-results";
import type { Instance } from "../state/instances";
import { tracesEntry } from "../state/traces-entry";

/** Straight from the store: there may be millions, which this kernel does not remember. */
export class StoredRecords implements ResultPort {
  private readonly traces = new Map<Digest, Entry["traces"]>();

  constructor(
    private readonly engine: EngineContext,
    /** A name of `stored-names.ts`. */
    private readonly owner: string,
  ) {}

  async find(_instance: Instance, key: Digest): Promise<Entry | undefined> {
    const entry = await this.engine.store.findEntry(key);
    if (!entry?.traces) return entry;
    this.traces.set(key, entry.traces);
    return undefined;
  }

  tracesOf(key: Digest): Entry["traces"] {
    const traces = this.traces.get(key);
    // Each item asks once.
    this.traces.delete(key);
    return traces;
  }

  async readTraces(key: Digest): Promise<Entry["traces"]> {
    return (await this.engine.store.findEntry(key))?.traces;
  }

  async keepTraces(...[, key, traces, made]: Parameters<ResultPort["keepTraces"]>): Promise<void> {
    await this.engine.results.commitPart(this.owner, tracesEntry(key, traces, made), []);
  }
}
