/** Folders that go with the process. Used by the stores. */
import { rmSync } from "node:fs";

const folders = new Set<string>();

/** One listener for all: a process may open many stores. */
export function removeAtExit(folder: string): void {
  if (folders.size === 0) process.once("exit", removeAll);
  folders.add(folder);
}

function removeAll(): void {
  for (const folder of folders) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // The sweep of a later process will, as it does for one that was killed.
    }
  }
}
