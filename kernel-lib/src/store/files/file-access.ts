/** Who may read what a store writes. Only the user can read it unless a setting says otherwise. */
import type { FileSystem } from "./file-system";

/** `private`: files 600 and folders 700. `shared`: by the umask of the process. */
export type StoreAccess = "private" | "shared";

const FILE = 0o600;
const FOLDER = 0o700;
const READ_WRITE = 0o600;

/** The same file system, which creates files and folders with that access. Windows has no such modes. */
export function withAccess(files: FileSystem, access: StoreAccess): FileSystem {
  if (access === "shared") return files;
  return {
    ...files,
    open: (path, flags, mode = FILE) => files.open(path, flags, mode),
    mkdir: ((path: string, options: object = {}) =>
      files.mkdir(path, { mode: FOLDER, ...options })) as FileSystem["mkdir"],
    writeFile: ((path: string, data: string | Uint8Array) => files.writeFile(path, data, { mode: FILE })) as FileSystem["writeFile"], // prettier-ignore
    copyFile: async (from, to, mode) => {
      await files.copyFile(from, to, mode);
      await files.chmod(to, FILE);
    },
    // Read-only stays read-only, for the user alone.
    chmod: (path, mode) => files.chmod(path, Number(mode) & READ_WRITE),
  };
}
