/** Verification of what a disk store knows about notebooks: their records, and the parameter values that were set in them. */
import { join } from "node:path";
import { messageOf } from "../../../protocol";
import type { DurableFiles } from "../../files/durable-files";
import { decodeNotebook } from "../../notebooks/notebook-record";
import { decodeRecord } from "../../records/entry-record";
import { nameOfFile } from "../../records/file-name";
import { codeOf } from "../../records/store-error";
import { textOf } from "../../records/text";
import type { VerifyReport } from "../../store";
import type { StorePaths } from "../folder";

const SUFFIX = ".json";

export async function checkNotebookRecords(files: DurableFiles, paths: StorePaths): Promise<VerifyReport["problems"]> {
  const check = async (
    path: string,
    what: string,
    isWhole: (text: string) => boolean,
  ): Promise<VerifyReport["problems"]> => {
    try {
      const bytes = await files.read(path);
      return bytes === undefined || isWhole(textOf(bytes)) ? [] : [{ where: path, what }];
    } catch (error) {
      return [{ where: path, what: `cannot be read (${messageOf(error)})`, remains: true }];
    }
  };
  const found: VerifyReport["problems"][number][] = [];
  for (const name of await recordsIn(files, paths.notebooks()))
    found.push(
      ...(await check(join(paths.notebooks(), name), "the record of a notebook is damaged", (text) => decodeNotebook(name, text) !== undefined)), // prettier-ignore
    );
  for (const folder of await paramFolders(files, paths))
    for (const name of await recordsIn(files, folder.path))
      found.push(
        ...(await check(join(folder.path, name), "a parameter value that was set is damaged", (text) => isParam(folder.notebook, name, text))), // prettier-ignore
      );
  return found;
}

/** The folders of values: one for each notebook of a user. */
async function paramFolders(
  files: DurableFiles,
  paths: StorePaths,
): Promise<readonly { readonly path: string; readonly notebook: string }[]> {
  const found: { readonly path: string; readonly notebook: string }[] = [];
  for (const owner of await namesIn(files, paths.params()))
    for (const notebook of await namesIn(files, join(paths.params(), owner)))
      found.push({ path: join(paths.params(), owner, notebook), notebook });
  return found;
}

/** A name that was cut cannot be checked against what the record says. */
function isParam(folder: string, fileName: string, text: string): boolean {
  const [notebook, param] = [nameOfFile(folder), nameOfFile(fileName.slice(0, -SUFFIX.length))];
  if (notebook === undefined || param === undefined) return text.startsWith('{"check":');
  return decodeRecord(["param", notebook, param], text) !== undefined;
}

async function recordsIn(files: DurableFiles, folder: string): Promise<readonly string[]> {
  return (await namesIn(files, folder)).filter((name) => name.endsWith(SUFFIX));
}

/** Values are readable by their owner alone: those of other users are theirs to verify. */
async function namesIn(files: DurableFiles, folder: string): Promise<readonly string[]> {
  try {
    return (await files.list(folder)).filter((name) => !name.startsWith("."));
  } catch (error) {
    if (["EACCES", "EPERM", "ELOOP"].includes(codeOf(error))) return [];
    throw error;
  }
}
