/** The memory limit of a call in a worker thread: set by the stage, by the environment, or half of the machine's memory. */
import os from "node:os";
import { formatSize, StagebookError } from "../../../protocol";
import { MIN_MEMORY_BYTES } from "../../../stage/stage-options";
import { readSize } from "../../../stage/size";

const VARIABLE = "STAGEBOOK_WORKER_MEMORY";

/** In bytes. Throws `stage-options` for a value of the environment that is not a size. */
export function memoryLimitOf(stageLimit: number | undefined, environment = process.env): number {
  if (stageLimit !== undefined) return stageLimit;
  const { STAGEBOOK_WORKER_MEMORY: text } = environment;
  if (!text) return Math.max(MIN_MEMORY_BYTES, machineMemory() / 2);
  const size = readSize(text);
  if (size !== undefined && size >= MIN_MEMORY_BYTES) return size;
  throw new StagebookError(
    "stage-options",
    `${VARIABLE} is "${text}", which is not a size of at least ${formatSize(MIN_MEMORY_BYTES)}`,
    "Use a size such as 2GB, or unset it.",
  );
}

/** That of the container, if it has less than the machine. */
function machineMemory(): number {
  const constrained = process.constrainedMemory();
  const total = os.totalmem();
  return constrained > 0 && constrained < total ? constrained : total;
}

/** StagebookError `worker-memory`. */
export function memoryExceeded(limitBytes: number, cause?: unknown): StagebookError {
  return new StagebookError(
    "worker-memory",
    `it used more than the ${formatSize(limitBytes)} of memory that it may have in its worker thread`,
    `Process less data at the same time, for example by yielding items; or raise its limit with the option memory: "${formatSize(2 * limitBytes)}". Other stages are not affected.`,
    cause === undefined ? {} : { cause },
  );
}
