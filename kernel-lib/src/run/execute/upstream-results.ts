/**
 * The upstream of one stage in a run: outcomes, output digests, and the key that follows from them. Upstream stages that return a
 * stream may still be running. Until they have ended, the stage's key is provisional: it has the producer's key in place of its output.
 */
import { mapMaybe, type MaybePromise } from "../../async/maybe-promise";
import { digestOf } from "../../key/digest";
import type { KnownKey } from "../../key/key";
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { Entry } from "../../store/store";
import type { FinalKey } from "../call/call-parts";
import { seedOf } from "../call/random";
import type { EngineContext } from "../engine-context";
import type { OutputDigest } from "../plan/input-digests";
import type { Instance } from "../state/instances";
import type { Outcome } from "../state/outcome";
import type { OpenStream } from "../streams/open-stream";
import type { RunContext } from "./run-context";

/** The reason why a stage cannot run, or continue: an upstream stage did not succeed. */
export class UpstreamStopped extends Error {
  constructor(
    readonly producer: Instance,
    readonly outcome: Exclude<Outcome, { kind: "succeeded" }>,
  ) {
    super(`${producer.definition.name} did not finish`);
  }
}

const noEntries: ReadonlyMap<string, Entry> = new Map();
const noOutputs: ReadonlyMap<string, OutputDigest> = new Map();
const noStreams: ReadonlyMap<string, OpenStream> = new Map();

export class UpstreamResults {
  /** The outputs that the key was computed from. */
  private keyed = noOutputs;

  constructor(
    private readonly engine: EngineContext,
    private readonly run: RunContext,
    private readonly instance: Instance,
    private readonly all: readonly Instance[],
    /** By instance id: the streams of those that were still running when the stage began. */
    private readonly open: ReadonlyMap<string, OpenStream> = noStreams,
  ) {}

  /** The stage reads a stream that was open when it began. */
  get readsOpenStreams(): boolean {
    return this.open.size > 0;
  }

  /** True when an input is a stream, complete or open: random numbers must not depend on which. */
  get hasStreamInputs(): boolean {
    return this.readsOpenStreams || [...this.entries().values()].some(({ output }) => output.items !== undefined);
  }

  /** Results of those that had ended when the stage began, by instance id. */
  entries(): ReadonlyMap<string, Entry> {
    if (this.all.length === 0) return noEntries;
    return this.entriesOf(this.readsOpenStreams ? this.all.filter(({ id }) => !this.open.has(id)) : this.all);
  }

  /** Output digests by instance id, as the key uses them. */
  outputs(): ReadonlyMap<string, OutputDigest> {
    if (this.all.length === 0) return noOutputs;
    return this.withOpenStreams([...this.entries()].map(([id, { output }]) => [id, output] as const));
  }

  params(): Readonly<Record<string, string>> {
    return paramsOf(this.entries());
  }

  /** The stage's key with the outputs as they are now. */
  key(): MaybePromise<KnownKey> {
    this.keyed = this.outputs();
    return this.keyWith(this.keyed);
  }

  /** Whether an output is another one than the key has: its value was missing, and came out different when it was computed again. */
  get haveChanged(): boolean {
    const now = this.outputs();
    return [...this.keyed].some(([id, { digest }]) => now.get(id)?.digest !== digest);
  }

  /** What one kernel at a time works on: the same whether the stage began before or after the producers of its streams ended. */
  claimKey(key: KnownKey): MaybePromise<Digest> {
    return this.hasStreamInputs ? this.keyViaProducers() : key.key;
  }

  /** The key with each stream named by its producer's key. */
  private async keyViaProducers(): Promise<Digest> {
    const ended = [...this.entries()].map(
      ([id, { key, output }]) => [id, output.items === undefined ? output : viaProducer(key)] as const,
    );
    return (await this.keyWith(this.withOpenStreams(ended))).key;
  }

  /** The seed of random numbers; it does not depend on a stream's output, which may not be known yet. */
  seed(key: KnownKey): Digest {
    return seedOf(this.instance.definition, this.hasStreamInputs ? key.partial : key.key);
  }

  /** The key when all have ended. Undefined when a producer was stopped because its stream had no readers left. Throws UpstreamStopped. */
  async finalKey(): Promise<FinalKey | undefined> {
    this.run.stopReading(this.instance);
    for (const producer of this.all.filter(({ id }) => this.open.has(id))) {
      const outcome = await this.run.outcomeOf(producer);
      if (isUnread(outcome)) return undefined;
      if (outcome.kind !== "succeeded") throw new UpstreamStopped(producer, outcome);
    }
    const entries = this.entriesOf(this.all);
    return { key: await this.keyWith(outputsOf(entries)), upstreamParams: paramsOf(entries) };
  }

  /** The producer whose failure ended the stage too, if there is one. */
  async stoppedBy(): Promise<UpstreamStopped | undefined> {
    for (const producer of this.all) {
      const stream = this.open.get(producer.id);
      if (stream?.isOpen !== false) continue;
      const outcome = await this.run.outcomeOf(producer);
      if (outcome.kind !== "succeeded" && !isUnread(outcome)) return new UpstreamStopped(producer, outcome);
    }
    return undefined;
  }

  /** Calls back when a producer that is still running fails. */
  whenStopped(notify: () => void): void {
    for (const stream of this.open.values()) void stream.failed.then(notify);
  }

  private keyWith(outputs: ReadonlyMap<string, OutputDigest>): MaybePromise<KnownKey> {
    return mapMaybe(this.engine.planner.keyOf(this.instance, outputs, this.run.externalInputs), (key) => {
      if (key.key !== undefined) return key as KnownKey;
      throw new StagebookError(
        "internal",
        `the key of "${this.instance.definition.name}" waits for ${key.pending.join(", ")}`,
        "Please report this.",
      );
    });
  }

  private entriesOf(instances: readonly Instance[]): ReadonlyMap<string, Entry> {
    const found = new Map<string, Entry>();
    for (const instance of instances) {
      const outcome = this.run.latestOutcomeOf(instance);
      if (outcome?.kind === "succeeded") found.set(instance.id, outcome.entry);
    }
    return found;
  }

  private withOpenStreams(ended: readonly (readonly [string, OutputDigest])[]): ReadonlyMap<string, OutputDigest> {
    const viaKeys = [...this.open].map(([id, stream]) => [id, viaProducer(stream.key)] as const);
    return new Map([...ended, ...viaKeys]);
  }
}

function isUnread(outcome: Outcome): boolean {
  return outcome.kind === "cancelled" && outcome.isUnread === true;
}

function viaProducer(producer: Digest): OutputDigest {
  return { digest: digestOf(`via ${producer}`), summary: "an open stream" };
}

function outputsOf(entries: ReadonlyMap<string, Entry>): ReadonlyMap<string, OutputDigest> {
  return new Map([...entries].map(([id, { output }]) => [id, output]));
}

function paramsOf(entries: ReadonlyMap<string, Entry>): Readonly<Record<string, string>> {
  return Object.assign({}, ...[...entries.values()].map(({ params }) => params)) as Record<string, string>;
}
