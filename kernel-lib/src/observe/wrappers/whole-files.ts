/** `fs.readFileSync`, the most frequent read: its own call of `fstat` tells the state of the file. */
import { digestContent } from "../../key/digest";
import { currentRecorder } from "../context";
import { awaitOpened, isRecent, takeOpened } from "../opened-file";
import type { ReadRecorder } from "../recorder";
import { callSilently, callSilentlyWith } from "../silence";
import { notesDevice, readsFile } from "./path-effects";
import { methodIn } from "./replace";

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** How the caller wants the content. */
type Form = "bytes" | "text";

export function observedWholeFile(original: Method): Method {
  const wrapper: Method = methodIn({
    observed(this: unknown, file: unknown, options: unknown): unknown {
      const recorder = currentRecorder();
      if (recorder === undefined) return original.call(this, file, options);
      if (typeof file === "string") {
        if (recorder.knowsFile(file)) return callSilently(original, this, [file, options]);
        const form = formOf(options);
        if (form !== undefined && !notesDevice(recorder, file, wrapper)) {
          const content = readOpened(original, recorder, file, form);
          if (content !== undefined) return content;
        }
      }
      readsFile(recorder, [file, options], wrapper);
      return callSilently(original, this, [file, options]);
    },
  });
  return wrapper;
}

/** Undefined if it cannot be read, or its state was not told: then the state is to be recorded first, and the file read after that. */
function readOpened(original: Method, recorder: ReadRecorder, file: string, form: Form): Buffer | string | undefined {
  awaitOpened();
  let bytes: Buffer;
  try {
    bytes = callSilentlyWith(original, file) as Buffer;
  } catch {
    // The caller gets the error of the second attempt.
    takeOpened();
    return undefined;
  }
  const state = takeOpened();
  if (state === undefined) return undefined;
  recorder.hasRead(file, state, isRecent() ? digestContent(bytes) : undefined);
  return form === "bytes" ? bytes : bytes.toString("utf8");
}

/** Undefined for options that are seldom passed. */
function formOf(options: unknown): Form | undefined {
  if (options === undefined || options === null) return "bytes";
  if (typeof options === "string") return isUtf8(options) ? "text" : undefined;
  if (typeof options !== "object") return undefined;
  const { encoding, flag } = options as { encoding?: unknown; flag?: unknown };
  if (flag !== undefined && flag !== "r") return undefined;
  if (encoding === undefined || encoding === null) return "bytes";
  return isUtf8(encoding) ? "text" : undefined;
}

const isUtf8 = (encoding: unknown): boolean => encoding === "utf8" || encoding === "utf-8";
