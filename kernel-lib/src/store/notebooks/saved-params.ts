/**
 * The parameter values that a user has set in a notebook: in the sidebar, or by `.set()` in a cell. They belong to that user on that
 * machine: kernels of other users do not read them, even if they share the folder. One file per value, so that two kernels of one notebook do not
 * overwrite each other's: of two values for one parameter the later one stays. Small, and needed at once when a kernel starts:
 * read and written synchronously.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import { hostname, userInfo } from "node:os";
import path from "node:path";
import { messageOf } from "../../protocol";
import { readSmallFile, removeSmallFile, writeSmallFile } from "../files/small-files";
import { decodeRecord, encodeRecord, isObject } from "../records/entry-record";
import { fileNameOf } from "../records/file-name";
import type { OnStoreProblem } from "../store";

/** A value that was set, as it is saved for the next start. */
export interface SavedValue {
  /** v8-serialized, base64. */
  readonly value: string;
  /** Digest of the default that the value replaced. */
  readonly initial: string;
  /** When it was set, in epoch milliseconds. */
  readonly at: number;
}

/** Values by parameter name. A damaged or unreadable one is reported and absent. */
export interface SavedParams {
  find(param: string): SavedValue | undefined;
  /** Undefined removes the value. Throws the system error when it cannot be written. */
  save(param: string, value: SavedValue | undefined): void;
}

export function createMemorySavedParams(): SavedParams {
  const values = new Map<string, SavedValue>();
  return {
    find: (param) => values.get(param),
    save: (param, value) => void (value ? values.set(param, value) : values.delete(param)),
  };
}

/** Values of a notebook that was moved: those that were set last, there or here. New ones are saved here; a removed one is removed everywhere. */
export function chainSavedParams(own: SavedParams, former: readonly SavedParams[]): SavedParams {
  if (former.length === 0) return own;
  const all = [own, ...former];
  return {
    find: (param) => all.flatMap((each) => each.find(param) ?? []).sort((a, b) => b.at - a.at)[0],
    save: (param, value) => {
      own.save(param, value);
      if (!value) for (const each of former) each.save(param, undefined);
    },
  };
}

export interface FileSavedParamsOptions {
  /** The folder `params`, absolute. */
  readonly folder: string;
  /** The id of the notebook: for reading, undefined when it has nothing yet; and for writing. */
  readonly notebook: { find(): string | undefined; claim(): string };
  readonly onProblem: OnStoreProblem;
  /** Default: this user on this machine. */
  readonly owner?: string;
}

/** Values in files `<user>@<machine>/<notebook>/<parameter>.json`, which only the user may read. */
export function createFileSavedParams(options: FileSavedParamsOptions): SavedParams {
  const { folder, notebook, onProblem, owner = ownerHere() } = options;
  const fileOf = (id: string, param: string): string =>
    path.join(folder, fileNameOf(owner), fileNameOf(id), `${fileNameOf(param)}.json`);
  const write = (id: string, param: string, value: SavedValue): void =>
    writeSmallFile(fileOf(id, param), encodeRecord(["param", id, param], value), { isPrivate: true });
  const adopted = new Set<string>();
  /** Before values had owners they lay in one file per notebook: whoever opens the notebook first takes them over. */
  const adoptOld = (id: string): void => {
    if (adopted.has(id)) return;
    adopted.add(id);
    const old = path.join(folder, `${fileNameOf(id)}.json`);
    for (const [param, value] of Object.entries(takeOldFile(old, onProblem)))
      if (readSmallFile(fileOf(id, param)) === undefined) write(id, param, { ...value, at: 0 });
  };
  return {
    find: (param) => {
      try {
        const id = notebook.find();
        if (id === undefined) return undefined;
        adoptOld(id);
        const text = readSmallFile(fileOf(id, param));
        if (text === undefined) return undefined;
        const value = asSavedValue(decodeRecord(["param", id, param], text)?.record);
        if (!value) onProblem("is damaged: the parameter value that was set is lost", fileOf(id, param));
        return value;
      } catch (error) {
        onProblem(`parameter values that were set cannot be read: ${messageOf(error)}`, folder);
        return undefined;
      }
    },
    save: (param, value) => {
      const id = value ? notebook.claim() : notebook.find();
      if (id === undefined) return;
      adoptOld(id);
      if (value) write(id, param, value);
      else removeSmallFile(fileOf(id, param));
    },
  };
}

/** `<user>@<machine>`. */
export function ownerHere(): string {
  return `${userHere()}@${hostname()}`;
}

function userHere(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user id that has no name.
    return String(process.getuid?.() ?? "user");
  }
}

function asSavedValue(data: unknown): SavedValue | undefined {
  if (!isObject(data)) return undefined;
  const { value, initial, at } = data;
  return typeof value === "string" && typeof initial === "string" && typeof at === "number"
    ? { value, initial, at }
    : undefined;
}

/** The content of an old file, which is removed: sha256 of the JSON, line end, the JSON. */
function takeOldFile(
  file: string,
  onProblem: OnStoreProblem,
): Readonly<Record<string, Pick<SavedValue, "value" | "initial">>> {
  const mine = `${file}.${process.pid}.adopted`;
  try {
    fs.renameSync(file, mine);
  } catch {
    // There is none, another process takes it over now, or the folder is read-only: there is nothing to take over here.
    return {};
  }
  const text = fs.readFileSync(mine, "utf8");
  fs.rmSync(mine);
  const json = text.slice(65);
  if (createHash("sha256").update(json).digest("hex") === text.slice(0, 64)) return JSON.parse(json) as never;
  onProblem("is damaged: the parameter values that were set are lost", file);
  return {};
}
