/**
 * Keeps `latest/<notebook>/<stage>` of a disk store: a readable path to the newest result, and what made it in words. For people, so
 * it comes after the result is durable, and nobody waits for it before the end of a run.
 */
import { dirname, relative } from "node:path";
import { messageOf } from "../../protocol";
import type { DurableFiles } from "../files/durable-files";
import { latestText } from "./latest-record";
import type { Entry, HeadName, OnStoreProblem } from "../store";
import type { HeadLocation, StorePaths } from "./folder";
import { allEnded, inParallel } from "../turns";

const AT_ONCE = 8;

interface Newest {
  readonly head: HeadName;
  readonly entry: Entry;
}

/** Results of one stage that follow each other within this time are shown once. */
const SOON_MS = 30;

export class LatestPaths {
  /** What is still to be shown, by path. */
  private waiting = new Map<string, Newest>();
  private timer: NodeJS.Timeout | undefined;
  private last = Promise.resolve();

  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly tell: OnStoreProblem,
  ) {}

  /** Soon shows the result. Its failure harms no result: it is told. */
  show(head: HeadName, place: HeadLocation, entry: Entry): void {
    this.waiting.set(this.paths.latest(place), { head, entry });
    this.timer ??= setTimeout(() => void this.shown(), SOON_MS);
  }

  /** Until all that was to be shown is. */
  shown(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { waiting } = this;
    this.waiting = new Map();
    this.last = this.last.then(() =>
      inParallel(waiting, AT_ONCE, ([path, newest]) =>
        this.point(path, newest).catch((error: unknown) =>
          this.tell(`the path to the newest result could not be written (${messageOf(error)})`, path),
        ),
      ),
    );
    return this.last;
  }

  private async point(path: string, { head, entry }: Newest): Promise<void> {
    const { blobs, files } = entry.output;
    const pathTo = (target: string): string => relative(dirname(path), target);
    // Of a value in several pieces none is the value: then the record is what to look at.
    const [only] = blobs;
    const target = pathTo(only && blobs.length === 1 ? this.paths.blob(only.digest) : this.paths.entry(entry.key));
    const named = files.map(({ name, digest }) => ({ name, path: pathTo(this.paths.blob(digest)) }));
    // Not every system lets everybody make links: then a text with the path.
    await allEnded([
      this.files.link(path, target).catch(() => this.files.writeLoosely(path, `${target}\n`)),
      this.files.writeLoosely(`${path}.json`, latestText(head, entry, target, named)),
    ]);
  }
}
