/**
 * The heads of a disk store: for each notebook and stage a file of self-checking lines that only grows. Kept in memory, and read
 * again from where it ended when another process has appended. Used by the disk store.
 */
import { join } from "node:path";
import type { Digest } from "../../protocol";
import type { DurableFiles } from "../files/durable-files";
import { decodeHeadRow, encodeHeadRow } from "../records/entry-record";
import { isAbsent } from "../records/store-error";
import type { HeadRow, OnStoreProblem } from "../store";
import type { HeadLocation, StorePaths } from "./folder";

/** What is known of one file. */
interface HeadLog {
  /** Of the file when it was read last. */
  readonly inode: bigint;
  readonly size: number;
  readonly mtimeNs: bigint;
  /** Up to here lines are complete. */
  readonly read: number;
  /** Each key once, at its latest place. */
  readonly rows: Map<Digest, HeadRow>;
}

export class HeadLogs {
  private readonly logs = new Map<string, HeadLog>();

  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly onProblem: OnStoreProblem,
  ) {}

  /** The rows of a head, oldest first. A head that cannot be read has none; that is told. */
  async rows(place: HeadLocation): Promise<readonly HeadRow[]> {
    try {
      const log = await this.refresh(place);
      return log ? [...log.rows.values()] : [];
    } catch (error) {
      this.onProblem(
        `the history cannot be read (${error instanceof Error ? error.message : String(error)})`,
        place.path,
      );
      return [];
    }
  }

  /** Appends durably. Rejects with the error of the system. */
  async append(place: HeadLocation, row: HeadRow): Promise<void> {
    await this.files.append(place.path, encodeHeadRow(place.subject, row), true);
  }

  async remove(place: HeadLocation): Promise<void> {
    this.logs.delete(place.path);
    await this.files.remove(place.path);
  }

  /** All heads there are, by notebook and stage as encoded. */
  async places(): Promise<readonly HeadLocation[]> {
    const places: HeadLocation[] = [];
    for (const notebook of await this.namesIn(this.paths.heads())) {
      const stages = await this.namesIn(join(this.paths.heads(), notebook));
      places.push(...stages.map((stage) => this.paths.headAt(notebook, stage)));
    }
    return places;
  }

  /** The rows of all heads. */
  async allRows(): Promise<readonly HeadRow[]> {
    const places = await this.places();
    return (await Promise.all(places.map((place) => this.rows(place)))).flat();
  }

  /** The paths of heads with damaged lines. `repair`: those lines are removed. */
  async check(repair: boolean): Promise<readonly string[]> {
    const damaged: string[] = [];
    for (const place of await this.places()) {
      const bytes = await this.files.read(place.path);
      if (!bytes || goodLines(place, bytes).isAll) continue;
      damaged.push(place.path);
      if (repair) await this.repair(place);
    }
    return damaged;
  }

  private async repair(place: HeadLocation): Promise<void> {
    const aside = await this.files.setAside(place.path);
    if (!aside) return;
    const bytes = (await this.files.read(aside.path)) ?? new Uint8Array(0);
    const { text } = goodLines(place, bytes);
    // Appended, and not put in place: another process may have begun a new file. Only the order may then be another one.
    if (text !== "") await this.files.append(place.path, text, true);
    // Who had the file open may have appended to it.
    const late = goodLines(place, ((await this.files.read(aside.path)) ?? bytes).subarray(bytes.byteLength));
    if (late.text !== "") await this.files.append(place.path, late.text, true);
    await aside.remove();
    this.logs.delete(place.path);
  }

  private async namesIn(folder: string): Promise<readonly string[]> {
    try {
      return (await this.files.list(folder)).filter((name) => !name.startsWith("."));
    } catch (error) {
      this.onProblem(`the folder cannot be read (${error instanceof Error ? error.message : String(error)})`, folder);
      return [];
    }
  }

  private async refresh(place: HeadLocation): Promise<HeadLog | undefined> {
    const known = this.logs.get(place.path);
    const stat = await this.files.fs.stat(place.path, { bigint: true }).catch(undefinedWhenAbsent);
    if (stat === undefined) {
      this.logs.delete(place.path);
      return undefined;
    }
    const size = Number(stat.size);
    if (known?.inode === stat.ino && known.size === size && known.mtimeNs === stat.mtimeNs) return known;
    const isLonger = known !== undefined && known.inode === stat.ino && size > known.size;
    const [start, rows] = isLonger ? [known.read, known.rows] : [0, new Map<Digest, HeadRow>()];
    const bytes = await this.files.readFrom(place.path, start);
    const read = start + this.decodeLines(place, bytes, rows);
    const log = { inode: stat.ino, size, mtimeNs: stat.mtimeNs, read, rows };
    this.logs.set(place.path, log);
    return log;
  }

  /** Returns how many bytes hold complete lines. What is behind them may be under way, or was torn by a kill: it is tried again. */
  private decodeLines(place: HeadLocation, bytes: Uint8Array, rows: Map<Digest, HeadRow>): number {
    const complete = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf("\n") + 1;
    for (const line of Buffer.from(bytes.subarray(0, complete)).toString("utf8").split("\n")) {
      if (line === "") continue;
      const row = decodeHeadRow(place.subject, line);
      if (!row) {
        this.onProblem("a line of the history is damaged; it is left out", place.path);
        continue;
      }
      rows.delete(row.key);
      rows.set(row.key, row);
    }
    return complete;
  }
}

/** The lines that are whole, as they stand in the file. */
function goodLines(place: HeadLocation, bytes: Uint8Array): { readonly text: string; readonly isAll: boolean } {
  const lines = Buffer.from(bytes)
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");
  const good = lines.filter((line) => decodeHeadRow(place.subject, line));
  return { text: good.map((line) => `\n${line}\n`).join(""), isAll: good.length === lines.length };
}

function undefinedWhenAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
  return undefined;
}
