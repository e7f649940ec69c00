/** The current state of what an execution read: equal states, equal reads. */
import type { MaybePromise } from "../async/maybe-promise";
import { digestOf } from "../key/digest";
import type { Digest } from "../protocol";
import type { ObservedRead } from "./reads";

export interface ReadState {
  readonly digest: Digest;
  readonly text: string;
}
export interface FileStates {
  state(path: string): Promise<ReadState>;
}
export function stateOfRead(read: ObservedRead, files: FileStates): MaybePromise<ReadState> {
  if (read.kind === "file") return files.state(read.name);
  return { digest: digestOf(read.name), text: read.name };
}
