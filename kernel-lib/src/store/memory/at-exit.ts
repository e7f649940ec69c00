/** Folders that go with the process. Where it is killed, the sweep of a later one or the system removes them. */
import { rmSync } from "node:fs";

const folders = new Set<string>();

/** Removes the folder and all in it when the process ends. */
export function removeAtExit(folder: string): void {
  if (folders.size === 0) process.once("exit", removeAll);
  folders.add(folder);
}

function removeAll(): void {
  for (const folder of folders) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // The sweep will.
    }
  }
}
