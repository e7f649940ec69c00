/** The open streams of a run, and who reads them. Finds producers and readers that wait for each other, and lets them continue. */
import { OpenStream, type OpenStreamPorts } from "./open-stream";

export class OpenStreams {
  private readonly streams = new Map<string, OpenStream>();
  private readonly awaited = new Map<string, ((stream: OpenStream) => void)[]>();

  /** The stream of a producer, by instance id; also after it has ended. */
  of(producer: string): OpenStream | undefined {
    return this.streams.get(producer);
  }

  /** Resolves when the producer has begun a stream; never, if it returns none. */
  begun(producer: string): Promise<OpenStream> {
    const stream = this.streams.get(producer);
    if (stream) return Promise.resolve(stream);
    return new Promise((resolve) => {
      const waiting = this.awaited.get(producer) ?? [];
      this.awaited.set(producer, [...waiting, resolve]);
    });
  }

  begin(ports: Omit<OpenStreamPorts, "onWait">): OpenStream {
    const stream = new OpenStream({ ...ports, onWait: () => this.resolveDeadlocks() });
    this.streams.set(ports.producer, stream);
    for (const resolve of this.awaited.get(ports.producer) ?? []) resolve(stream);
    this.awaited.delete(ports.producer);
    return stream;
  }

  /** A consumer that waits for something else does not block its producers meanwhile. */
  releaseProducers(consumer: string): void {
    for (const stream of this.streams.values())
      for (const reader of stream.readers) if (reader.consumer === consumer) reader.fallBehind();
  }

  /** When a producer waits for a reader that waits, directly or indirectly, for that producer, the reader continues from the store. */
  private resolveDeadlocks(): void {
    for (const [producer, stream] of this.streams) {
      if (!stream.isBlocked) continue;
      for (const reader of stream.lagging()) if (this.waitsFor(reader.consumer, producer)) reader.fallBehind();
    }
  }

  private waitsFor(who: string, target: string): boolean {
    const seen = new Set<string>();
    const open = [who];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === target) return true;
      if (seen.has(at)) continue;
      seen.add(at);
      open.push(...this.waitedFor(at));
    }
    return false;
  }

  /** Producers of items that it waits for, and readers that block it. */
  private waitedFor(who: string): readonly string[] {
    const producers = [...this.streams].flatMap(([producer, { readers }]) =>
      [...readers].some((reader) => reader.consumer === who && reader.isWaiting) ? [producer] : [],
    );
    const own = this.streams.get(who);
    return [...producers, ...(own?.isBlocked === true ? own.lagging().map(({ consumer }) => consumer) : [])];
  }
}

/** Which stages of a run have which upstream stages, and which of them may still read a stage's output. By instance id. */
export class Readers {
  private readonly upstream = new Map<string, readonly string[]>();
  private readonly readers = new Map<string, Set<string>>();

  add(reader: string, upstream: readonly string[]): void {
    this.upstream.set(reader, upstream);
    for (const producer of upstream) {
      const readers = this.readers.get(producer);
      if (readers) readers.add(reader);
      else this.readers.set(producer, new Set([reader]));
    }
  }

  /** The stage reads no more. Returns the upstream stages without readers. */
  leave(reader: string): readonly string[] {
    return (this.upstream.get(reader) ?? []).filter((producer) => {
      const readers = this.readers.get(producer);
      return readers?.delete(reader) === true && readers.size === 0;
    });
  }
}
