/** Keeps `latest/<notebook>/<stage>` of a disk store: a readable path to the newest result, and what made it in words. For people. */
import { dirname, relative } from "node:path";
import type { DurableFiles } from "./durable-files";
import { latestText } from "./latest-record";
import type { Entry, HeadName, StoreTrouble } from "./store";
import type { HeadPlace, StorePaths } from "./store-folder";
import { allEnded, Turns } from "./turns";

export class LatestPaths {
  private readonly turns = new Turns();

  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly tell: StoreTrouble,
  ) {}

  /** Its failure harms no result: it is told. */
  async point(head: HeadName, place: HeadPlace, entry: Entry): Promise<void> {
    const path = this.paths.latest(place);
    const { blobs, files } = entry.output;
    const pathTo = (target: string): string => relative(dirname(path), target);
    // Of a value in several pieces none is the value: then the record is what to look at.
    const [only] = blobs;
    const target = pathTo(only && blobs.length === 1 ? this.paths.blob(only.digest) : this.paths.entry(entry.key));
    const named = files.map(({ name, digest }) => ({ name, path: pathTo(this.paths.blob(digest)) }));
    try {
      await this.turns.take(path, async () => {
        // Not every system lets everybody make links: then a text with the path.
        await allEnded([
          this.files.link(path, target).catch(() => this.files.writeLoosely(path, `${target}\n`)),
          this.files.writeLoosely(`${path}.json`, latestText(head, entry, target, named)),
        ]);
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.tell(`the path to the newest result could not be written (${why})`, path);
    }
  }
}
