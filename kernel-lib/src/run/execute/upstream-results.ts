/**
 * What one stage's work is given by the stages above it. Those that make a stream may still be at work: until they have ended, the
 * key of the result is provisional, with the producer's key in the place of its output.
 */
import type { FinalKey, KnownKey } from "../call/call-parts";
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import type { Entry } from "../../store/store";
import type { OutputDigest } from "../plan/input-digests";
import type { Instance } from "../state/instances";
import type { LiveStream } from "../streams/live-stream";
import type { Outcome } from "../state/outcome";
import type { MaybePromise } from "../../async/maybe-promise";

/** A producer has not come to a good end: what reads its stream cannot either. */
export class ProducerStopped extends Error {
  constructor(
    readonly producer: Instance,
    readonly outcome: Exclude<Outcome, { kind: "succeeded" }>,
  ) {
    super(`${producer.definition.name} did not finish`);
  }
}

const noEntries: ReadonlyMap<string, Entry> = new Map();
const noOutputs: ReadonlyMap<string, OutputDigest> = new Map();

/** What needs ask of their run. */
export interface UpstreamRun {
  ensure(need: Instance): MaybePromise<Outcome>;
  /** The last that it came to; undefined before it has ended. */
  outcomeOf(need: Instance): Outcome | undefined;
  keyWith(instance: Instance, outputs: ReadonlyMap<string, OutputDigest>): MaybePromise<KnownKey>;
  /** The work no longer reads what it needs. */
  leave(instance: Instance): void;
}

export class UpstreamResults {
  constructor(
    private readonly run: UpstreamRun,
    private readonly instance: Instance,
    private readonly all: readonly Instance[],
    /** By instance id: those that were still at work on their stream when this began. */
    private readonly live: ReadonlyMap<string, LiveStream>,
  ) {}

  get isLive(): boolean {
    return this.live.size > 0;
  }

  /** Results of those that had ended. */
  entries(): ReadonlyMap<string, Entry> {
    if (this.all.length === 0) return noEntries;
    return this.entriesOf(this.isLive ? this.all.filter(({ id }) => !this.live.has(id)) : this.all);
  }

  /** As the key sees them. */
  outputs(): ReadonlyMap<string, OutputDigest> {
    if (this.all.length === 0) return noOutputs;
    return this.withLive([...this.entries()].map(([id, { output }]) => [id, output] as const));
  }

  paramsAbove(): Readonly<Record<string, string>> {
    return paramsOf(this.entries());
  }

  /** True when an input is a stream, made or being made: random numbers must not depend on which. */
  get haveStreams(): boolean {
    return this.isLive || [...this.entries().values()].some(({ output }) => output.items !== undefined);
  }

  /** The key with each stream named by its producer's key: the same for whoever began before the producers ended. */
  async viaKey(): Promise<Digest> {
    const ended = [...this.entries()].map(
      ([id, { key, output }]) => [id, output.items === undefined ? output : viaOutput(key)] as const,
    );
    return (await this.run.keyWith(this.instance, this.withLive(ended))).key;
  }

  /** When all have ended. Throws ProducerStopped. */
  async finished(): Promise<FinalKey | undefined> {
    this.run.leave(this.instance);
    for (const producer of this.all.filter(({ id }) => this.live.has(id))) {
      const outcome = await this.run.ensure(producer);
      if (isUnread(outcome)) return undefined;
      if (outcome.kind !== "succeeded") throw new ProducerStopped(producer, outcome);
    }
    const entries = this.entriesOf(this.all);
    return { key: await this.run.keyWith(this.instance, entryOutputs(entries)), paramsAbove: paramsOf(entries) };
  }

  /** The producer whose bad end ended this work too, if one did. */
  async stoppedBy(): Promise<ProducerStopped | undefined> {
    for (const producer of this.all) {
      const stream = this.live.get(producer.id);
      if (stream?.isOpen !== false) continue;
      const outcome = await this.run.ensure(producer);
      if (outcome.kind !== "succeeded" && !isUnread(outcome)) return new ProducerStopped(producer, outcome);
    }
    return undefined;
  }

  /** Told when a producer that is still at work fails. */
  whenStopped(tell: () => void): void {
    for (const stream of this.live.values()) void stream.failed.then(tell);
  }

  private entriesOf(needs: readonly Instance[]): ReadonlyMap<string, Entry> {
    const found = new Map<string, Entry>();
    for (const need of needs) {
      const outcome = this.run.outcomeOf(need);
      if (outcome?.kind === "succeeded") found.set(need.id, outcome.entry);
    }
    return found;
  }

  private withLive(ended: readonly (readonly [string, OutputDigest])[]): ReadonlyMap<string, OutputDigest> {
    const live = [...this.live].map(([id, stream]) => [id, viaOutput(stream.key)] as const);
    return new Map([...ended, ...live]);
  }
}

function isUnread(outcome: Outcome): boolean {
  return outcome.kind === "cancelled" && outcome.isUnread === true;
}

function viaOutput(producer: Digest): OutputDigest {
  return { digest: digestOf(`via ${producer}`), summary: "a stream that is being made" };
}

export function entryOutputs(entries: ReadonlyMap<string, Entry>): ReadonlyMap<string, OutputDigest> {
  return new Map([...entries].map(([id, { output }]) => [id, output]));
}

function paramsOf(entries: ReadonlyMap<string, Entry>): Readonly<Record<string, string>> {
  return Object.assign({}, ...[...entries.values()].map(({ params }) => params)) as Record<string, string>;
}
