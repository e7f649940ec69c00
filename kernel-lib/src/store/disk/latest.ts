/**
 * The links `latest/<notebook>/<stage>` of a disk store: a readable path to the newest value, and beside it a JSON record of what it
 * was computed from. They are for users and other programs: written after the result is durable, and awaited only at the end of a run.
 */
import { dirname, relative } from "node:path";
import { formatSize, messageOf } from "../../protocol";
import { forEachParallel, settleAll } from "../concurrency";
import type { DurableFiles } from "../files/durable-files";
import type { Entry, HeadName, OnStoreProblem } from "../store";
import type { HeadLocation, StorePaths } from "./folder";

const CONCURRENCY = 8;

interface Newest {
  readonly head: HeadName;
  readonly entry: Entry;
}

/** Of several results of one stage within this time only the last is written. */
const DELAY_MS = 30;

export class LatestLinks {
  /** Updates that are not written yet, by path. */
  private pending = new Map<string, Newest>();
  private timer: NodeJS.Timeout | undefined;
  private last = Promise.resolve();

  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly warn: OnStoreProblem,
  ) {}

  /** Schedules an update. A failure is reported and harms no result. */
  update(head: HeadName, location: HeadLocation, entry: Entry): void {
    this.pending.set(this.paths.latest(location), { head, entry });
    this.timer ??= setTimeout(() => void this.written(), DELAY_MS);
  }

  /** Writes all pending updates; resolves when they are written. */
  written(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { pending } = this;
    this.pending = new Map();
    this.last = this.last.then(() =>
      forEachParallel(pending, CONCURRENCY, ([path, newest]) =>
        this.write(path, newest).catch((error: unknown) =>
          this.warn(`the link to the newest result could not be written (${messageOf(error)})`, path),
        ),
      ),
    );
    return this.last;
  }

  private async write(path: string, { head, entry }: Newest): Promise<void> {
    const { blobs, files } = entry.output;
    const pathTo = (target: string): string => relative(dirname(path), target);
    // A value in several blobs cannot be linked as one file: the link then leads to its record.
    const [only] = blobs;
    const target = pathTo(only && blobs.length === 1 ? this.paths.blob(only.digest) : this.paths.entry(entry.key));
    const named = files.map(({ name, digest }) => ({ name, path: pathTo(this.paths.blob(digest)) }));
    // Some systems forbid symbolic links: then a text file holds the path.
    await settleAll([
      this.files.link(path, target).catch(() => this.files.writeLoosely(path, `${target}\n`)),
      this.files.writeLoosely(`${path}.json`, latestText(head, entry, target, named)),
    ]);
  }
}

/** Indented JSON. `blob`: the path of the value, relative to the record; `files`: the names and relative paths of the stage's files. */
function latestText(
  head: HeadName,
  entry: Entry,
  blob: string,
  files: readonly { readonly name: string; readonly path: string }[],
): string {
  const { output } = entry;
  const record = {
    notebook: head.notebook,
    stage: head.stage,
    value: output.summary,
    size: formatSize(output.sizeBytes),
    codec: output.codec,
    blob: blob.replaceAll("\\", "/"),
    ...(files.length > 0 && { files: files.map(({ name, path }) => ({ name, path: path.replaceAll("\\", "/") })) }),
    madeAt: new Date(entry.at).toISOString(),
    durationMs: entry.durationMs,
    params: entry.params,
    madeOf: entry.parts.map(({ kind, name, text, digest }) => ({ kind, name, text, digest })),
    key: entry.key,
    digest: output.digest,
    run: entry.run,
    madeBy: entry.made,
  };
  return `${JSON.stringify(record, null, 2)}\n`;
}
