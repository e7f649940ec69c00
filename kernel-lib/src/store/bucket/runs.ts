/**
 * The `RunLog` of a store in a bucket: objects `runs/<run>/<order>.ndjson`. Lines that arrive while an object is being written go into
 * the next one.
 */
import { randomBytes } from "node:crypto";
import type { RunId } from "../../protocol";
import { Coalesced } from "../concurrency";
import { linesOf } from "../records/text";
import type { RunLog } from "../store";
import { runPrefix, type Sequence } from "./names";
import type { OpenedBucket } from "./opened";
import { listAll } from "./port";

interface OpenRun {
  pending: string[];
  readonly writing: Coalesced;
}

export class BucketRuns implements RunLog {
  private readonly open = new Map<RunId, OpenRun>();

  constructor(
    private readonly opened: OpenedBucket,
    private readonly sequence: Sequence,
  ) {}

  async appendRun(run: RunId, lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.opened.writing(() => this.append(run, lines));
  }

  async readRun(run: RunId): Promise<readonly string[] | undefined> {
    return this.opened.reading(undefined, async () => {
      const { bucket } = this.opened;
      const items = await listAll(bucket, runPrefix(run));
      if (items.length === 0) return undefined;
      const objects = await Promise.all(items.map(({ name }) => bucket.get(name)));
      return objects.flatMap((object) => (object ? linesOf(object.bytes) : []));
    });
  }

  private async append(run: RunId, lines: readonly string[]): Promise<void> {
    const openRun = this.open.get(run) ?? this.begin(run);
    openRun.pending.push(...lines);
    await openRun.writing.run();
  }

  private begin(run: RunId): OpenRun {
    const openRun: OpenRun = { pending: [], writing: new Coalesced(() => this.write(run, openRun)) };
    this.open.set(run, openRun);
    return openRun;
  }

  private async write(run: RunId, openRun: OpenRun): Promise<void> {
    const lines = openRun.pending;
    openRun.pending = [];
    if (lines.length === 0) return;
    const name = `${runPrefix(run)}${this.sequence.next()}.${randomBytes(4).toString("hex")}.ndjson`;
    await this.opened.bucket.put(name, Buffer.from(`${lines.join("\n")}\n`));
  }
}
