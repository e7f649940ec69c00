/** The streams that are being made in a run, and which of those who take part wait for each other. */
import { LiveStream, type LivePorts } from "./live-stream";

export class LiveStreams {
  private readonly streams = new Map<string, LiveStream>();
  private readonly awaited = new Map<string, ((stream: LiveStream) => void)[]>();

  /** The stream of a producer that is at work on it. */
  of(producer: string): LiveStream | undefined {
    return this.streams.get(producer);
  }

  /** Resolves when the producer has begun a stream; never, when it makes none. */
  begun(producer: string): Promise<LiveStream> {
    const stream = this.streams.get(producer);
    if (stream) return Promise.resolve(stream);
    return new Promise((resolve) => {
      const waiting = this.awaited.get(producer) ?? [];
      this.awaited.set(producer, [...waiting, resolve]);
    });
  }

  begin(ports: Omit<LivePorts, "stuck">): LiveStream {
    const stream = new LiveStream({ ...ports, stuck: () => this.loosen() });
    this.streams.set(ports.producer, stream);
    for (const resolve of this.awaited.get(ports.producer) ?? []) resolve(stream);
    this.awaited.delete(ports.producer);
    return stream;
  }

  /** Whoever waits for something else does not hold its producers back meanwhile. */
  letGo(consumer: string): void {
    for (const stream of this.streams.values())
      for (const reader of stream.readers) if (reader.consumer === consumer) reader.fallBehind();
  }

  /** Where a producer waits for a reader that waits, over others, for that producer, the reader takes its items from the store. */
  private loosen(): void {
    for (const [producer, stream] of this.streams) {
      if (!stream.isHeld) continue;
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

  /** Producers of items that it waits for, and readers that hold it back. */
  private waitedFor(who: string): readonly string[] {
    const producers = [...this.streams].flatMap(([producer, { readers }]) =>
      [...readers].some((reader) => reader.consumer === who && reader.isWaiting) ? [producer] : [],
    );
    const own = this.streams.get(who);
    return [...producers, ...(own?.isHeld === true ? own.lagging().map(({ consumer }) => consumer) : [])];
  }
}
