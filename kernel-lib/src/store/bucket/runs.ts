/** The lines of runs in a bucket: objects `runs/<run>/<order>.ndjson`, what comes while one is being written goes into the next. */
import { randomBytes } from "node:crypto";
import type { RunId } from "../../protocol";
import { Coalesced } from "../turns";
import type { Bucket } from "./port";
import { listAll } from "./port";
import { runPrefix, type Orders } from "./names";
import { textOf } from "./records";

interface OpenRun {
  waiting: string[];
  readonly writing: Coalesced;
}

export class BucketRuns {
  private readonly open = new Map<RunId, OpenRun>();

  constructor(
    private readonly bucket: Bucket,
    private readonly orders: Orders,
  ) {}

  async append(run: RunId, lines: readonly string[]): Promise<void> {
    const found = this.open.get(run) ?? this.begin(run);
    found.waiting.push(...lines);
    await found.writing.run();
  }

  async read(run: RunId): Promise<readonly string[] | undefined> {
    const items = await listAll(this.bucket, runPrefix(run));
    if (items.length === 0) return undefined;
    const objects = await Promise.all(items.map(({ name }) => this.bucket.get(name)));
    return objects.flatMap((found) => (found ? textOf(found.bytes).split("\n") : [])).filter((line) => line !== "");
  }

  private begin(run: RunId): OpenRun {
    const opened: OpenRun = { waiting: [], writing: new Coalesced(() => this.write(run, opened)) };
    this.open.set(run, opened);
    return opened;
  }

  private async write(run: RunId, opened: OpenRun): Promise<void> {
    const lines = opened.waiting;
    opened.waiting = [];
    if (lines.length === 0) return;
    const name = `${runPrefix(run)}${this.orders.next()}.${randomBytes(4).toString("hex")}.ndjson`;
    await this.bucket.put(name, Buffer.from(`${lines.join("\n")}\n`));
  }
}
