/** The files that a command writes for `-o` and `--save`: never over its own inputs, and never partly. */
import fs from "node:fs";
import path from "node:path";
import { messageOf, StagebookError } from "../../protocol";
import { secrets } from "../../secrets/secret-texts";
import { UsageError } from "./usage-error";

/** `output`, `inputs`: absolute. Throws UsageError `output-input` when the output is one of the inputs, also through a link. */
export function checkOutput(output: string | undefined, inputs: readonly string[]): void {
  if (output === undefined) return;
  const same = inputs.find((input) => isSameFile(output, input));
  if (same === undefined) return;
  throw new UsageError(
    "output-input",
    `${path.basename(output)} is read by this command and would be overwritten`,
    "Pass another output file.",
  );
}

/** Writes the whole file, or leaves the old one. Throws StagebookError `output-write`. */
export function writeOutput(output: string, content: string | Uint8Array): void {
  replaceOutput(output, (file) =>
    fs.writeFileSync(file, typeof content === "string" ? secrets.mask(content) : content),
  );
}

/** The same with the content of another file. */
export function copyToOutput(source: string, output: string): void {
  replaceOutput(output, (file) => {
    fs.copyFileSync(source, file, isDevice(file) ? 0 : fs.constants.COPYFILE_FICLONE);
    if (!isDevice(file)) fs.chmodSync(file, 0o644);
  });
}

function replaceOutput(output: string, write: (file: string) => void): void {
  try {
    if (isDevice(output)) return write(output);
    const file = fs.existsSync(output) ? fs.realpathSync(output) : output;
    if (isFolder(file)) throw new Error("it is a folder");
    replaceFile(file, write);
  } catch (error) {
    throw new StagebookError(
      "output-write",
      `${output} could not be written: ${messageOf(error)}`,
      "Check the path, its permissions and the free space.",
      { cause: error },
    );
  }
}

/** Writes beside the file and renames. Where only the file itself may be written, into it. */
function replaceFile(file: string, write: (file: string) => void): void {
  const before = fs.statSync(file, { throwIfNoEntry: false });
  const aside = `${file}.${process.pid}.tmp`;
  try {
    write(aside);
    if (before) fs.chmodSync(aside, before.mode);
    fs.renameSync(aside, file);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!before || !["EACCES", "EPERM", "EBUSY"].includes(code)) throw error;
    write(file);
  } finally {
    fs.rmSync(aside, { force: true });
  }
}

const isFolder = (file: string): boolean => fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;

/** A device or a pipe, `/dev/stdout` for example: nothing can be renamed onto it. */
function isDevice(file: string): boolean {
  const stats = fs.statSync(file, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
}

/** Whether both paths lead to one file, also through links. */
export function isSameFile(a: string, b: string): boolean {
  if (path.resolve(a) === path.resolve(b)) return true;
  const [one, other] = [a, b].map(identityOf);
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino;
}

/** Undefined for a path that cannot be found: the error comes from reading or writing it. */
function identityOf(file: string): fs.BigIntStats | undefined {
  try {
    return fs.statSync(file, { bigint: true });
  } catch {
    return undefined;
  }
}
