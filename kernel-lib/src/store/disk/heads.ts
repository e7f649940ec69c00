/**
 * The histories of a disk store: one file per notebook and stage, of self-checking lines that are only appended. Cached in memory; when
 * another process has appended, only the new part is read. Used by the disk store.
 */
import { join } from "node:path";
import { messageOf, type Digest } from "../../protocol";
import type { DurableFiles } from "../files/durable-files";
import { decodeHeadRow, encodeHeadRow } from "../records/entry-record";
import { isAbsent } from "../records/store-error";
import { linesOf } from "../records/text";
import type { HeadRow, OnStoreProblem, VerifyReport } from "../store";
import type { HeadLocation, StorePaths } from "./folder";

/** The cached state of one file. */
interface CachedHead {
  /** Stat fields from when the file was last read. */
  readonly inode: bigint;
  readonly size: number;
  readonly mtimeNs: bigint;
  /** The number of bytes that hold complete lines. */
  readonly read: number;
  /** Each key once, at its latest position. */
  readonly rows: Map<Digest, HeadRow>;
}

export class DiskHeads {
  private readonly cache = new Map<string, CachedHead>();

  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly warn: OnStoreProblem,
  ) {}

  /** The rows of a history, oldest first. A history that cannot be read has none; that is reported. */
  async rows(location: HeadLocation): Promise<readonly HeadRow[]> {
    try {
      const head = await this.refresh(location);
      return head ? [...head.rows.values()] : [];
    } catch (error) {
      this.warn(`the history cannot be read (${messageOf(error)})`, location.path);
      return [];
    }
  }

  /** Appends durably. Rejects with the system error. */
  async append(location: HeadLocation, row: HeadRow): Promise<void> {
    await this.files.appendToRewritten(location.path, encodeHeadRow(location.subject, row), true);
  }

  async remove(location: HeadLocation): Promise<void> {
    this.cache.delete(location.path);
    await this.files.remove(location.path);
  }

  /** The files of all histories. */
  private async locations(): Promise<readonly HeadLocation[]> {
    const locations: HeadLocation[] = [];
    for (const notebook of await this.namesIn(this.paths.heads())) {
      const stages = await this.namesIn(join(this.paths.heads(), notebook));
      locations.push(...stages.map((stage) => this.paths.headAt(notebook, stage)));
    }
    return locations;
  }

  /** The rows of all histories, one list each. */
  async all(): Promise<readonly (readonly HeadRow[])[]> {
    return (await this.byNotebook()).map(({ rows }) => rows);
  }

  /** The same, each with the encoded name of its notebook. */
  async byNotebook(): Promise<readonly { readonly notebook: string; readonly rows: readonly HeadRow[] }[]> {
    return Promise.all(
      (await this.locations()).map(async (location) => ({
        notebook: location.notebook,
        rows: await this.rows(location),
      })),
    );
  }

  /** Removes all histories of a notebook. */
  async removeNotebook(notebook: string): Promise<void> {
    for (const stage of await this.namesIn(join(this.paths.heads(), notebook)))
      await this.remove(this.paths.headAt(notebook, stage));
  }

  /** The histories with damaged lines, and those that cannot be read. `repair`: removes those lines. */
  async check(repair: boolean): Promise<VerifyReport["problems"]> {
    const problems: VerifyReport["problems"][number][] = [];
    for (const location of await this.locations()) {
      try {
        const bytes = await this.files.read(location.path);
        if (!bytes || goodLines(location, bytes).isAll) continue;
        problems.push({ where: location.path, what: "a line of the history is damaged" });
        if (repair) await this.repair(location);
      } catch (error) {
        problems.push({ where: location.path, what: `cannot be read (${messageOf(error)})`, remains: true });
      }
    }
    return problems;
  }

  private async repair(location: HeadLocation): Promise<void> {
    await this.files.rewrite(location.path, (bytes) => goodLines(location, bytes).text);
    this.cache.delete(location.path);
  }

  private async namesIn(folder: string): Promise<readonly string[]> {
    try {
      return (await this.files.list(folder)).filter((name) => !name.startsWith("."));
    } catch (error) {
      this.warn(`the folder cannot be read (${messageOf(error)})`, folder);
      return [];
    }
  }

  private async refresh(location: HeadLocation): Promise<CachedHead | undefined> {
    const cached = this.cache.get(location.path);
    const stat = await this.files.fs.stat(location.path, { bigint: true }).catch(undefinedWhenAbsent);
    if (stat === undefined) {
      this.cache.delete(location.path);
      return undefined;
    }
    const size = Number(stat.size);
    if (cached?.inode === stat.ino && cached.size === size && cached.mtimeNs === stat.mtimeNs) return cached;
    const isLonger = cached !== undefined && cached.inode === stat.ino && size > cached.size;
    const [start, rows] = isLonger ? [cached.read, cached.rows] : [0, new Map<Digest, HeadRow>()];
    const bytes = await this.files.readFrom(location.path, start);
    const read = start + this.decodeLines(location, bytes, rows);
    const head = { inode: stat.ino, size, mtimeNs: stat.mtimeNs, read, rows };
    this.cache.set(location.path, head);
    return head;
  }

  /** Returns the number of bytes that hold complete lines. A partial line is still being written, or was cut off by a kill: it is read again next time. */
  private decodeLines(location: HeadLocation, bytes: Uint8Array, rows: Map<Digest, HeadRow>): number {
    const complete = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf("\n") + 1;
    for (const line of linesOf(bytes.subarray(0, complete))) {
      const row = decodeHeadRow(location.subject, line);
      if (!row) {
        this.warn("a line of the history is damaged; it is skipped", location.path);
        continue;
      }
      rows.delete(row.key);
      rows.set(row.key, row);
    }
    return complete;
  }
}

/** The undamaged lines, as they stand in the file. */
function goodLines(location: HeadLocation, bytes: Uint8Array): { readonly text: string; readonly isAll: boolean } {
  const lines = linesOf(bytes);
  const good = lines.filter((line) => decodeHeadRow(location.subject, line));
  return { text: good.map((line) => `\n${line}\n`).join(""), isAll: good.length === lines.length };
}

function undefinedWhenAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
  return undefined;
}
