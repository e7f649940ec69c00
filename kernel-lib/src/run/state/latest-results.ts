/** The latest result of each stage, current or not, and its history in the store. A part of KnownResults. */
import { mapMaybe, type MaybePromise } from "../../async/maybe-promise";
import { messageOf } from "../../protocol";
import type { NotebookIdentity } from "../../store/notebooks/notebook-identity";
import type { Entry, HeadRow, Store } from "../../store/store";
import type { Instance } from "./instances";
import { stageName } from "./stored-names";

export class LatestResults {
  /** By instance id; null for one without results. */
  private readonly known = new Map<string, Entry | null>();

  constructor(
    private readonly store: Store,
    private readonly notebook: NotebookIdentity,
    private readonly onProblem: (message: string, where: string) => void,
  ) {}

  /** How many are remembered. */
  get size(): number {
    return this.known.size;
  }

  /** As far as known in this kernel. */
  remembered({ id }: Instance): Entry | undefined {
    return this.known.get(id) ?? undefined;
  }

  remember({ id }: Instance, entry: Entry): void {
    this.known.set(id, entry);
  }

  forget(): void {
    this.known.clear();
  }

  /** Writes that a stored result is the latest again. When the store cannot be written, it still counts in this kernel. */
  async touch(instance: Instance, { key, partial, at }: Entry): Promise<void> {
    try {
      const head = { notebook: await this.notebook.claim(), stage: stageName(instance) };
      await this.store.touch(head, { key, partial, at });
    } catch (error) {
      const name = instance.definition.name;
      this.onProblem(`the history of ${name} cannot be written: ${messageOf(error)}`, this.store.location);
    }
  }

  of(instance: Instance): MaybePromise<Entry | undefined> {
    return this.find(instance.id, stageName(instance));
  }

  /**
   * The result with which an instance is compared that has no current one: its latest. Under other parameter values that were not used
   * before, it is that of the stage under its own.
   */
  toCompare(instance: Instance): MaybePromise<Entry | undefined> {
    const { id, definition, overlay } = instance;
    const own = this.known.get(id);
    if (own || overlay.size === 0) return own ?? this.of(instance);
    return mapMaybe(
      this.find(definition.name, definition.name),
      (plain) => plain ?? this.find(stageName(instance), stageName(instance)),
    );
  }

  /** Newest first. */
  async history(stage: string): Promise<readonly Entry[]> {
    const rows = await this.rowsOf(stage);
    const entries = await Promise.all([...rows].reverse().map((row) => this.store.findEntry(row.key)));
    return entries.filter((entry): entry is Entry => entry !== undefined);
  }

  /** `id`: under which it is remembered. */
  private find(id: string, stage: string): MaybePromise<Entry | undefined> {
    const known = this.known.get(id);
    return known === undefined ? this.findStored(id, stage) : (known ?? undefined);
  }

  private async findStored(id: string, stage: string): Promise<Entry | undefined> {
    const rows = await this.rowsOf(stage);
    for (const row of [...rows].reverse()) {
      const entry = await this.store.findEntry(row.key);
      if (!entry) continue;
      this.known.set(id, entry);
      return entry;
    }
    this.known.set(id, null);
    return undefined;
  }

  /** A notebook without results has no history. */
  private async rowsOf(stage: string): Promise<readonly HeadRow[]> {
    const notebook = await this.notebook.find();
    return notebook === undefined ? [] : this.store.history({ notebook, stage });
  }
}
