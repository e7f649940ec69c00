/** Encoding of what a function returned, in the kernel or in a thread: named outputs checked, files adopted, bytes digested. */
import { describeValue } from "../../key/describe";
import { formatCount } from "../../protocol";
import type { StageDefinition } from "../../stage/definition";
import type { Entry, NewBlob } from "../../store/store";
import { encodeValue } from "../../store/codecs/value";
import type { StoredItems } from "../../store/codecs/items";
import { filesInStream, type FileOutputs, type PortableValue } from "../external/file-outputs";
import { namedOutputs } from "./named-outputs";
import { mapMaybe, type MaybePromise } from "../../async/maybe-promise";

/** The value of a function that returned a stream: its items are in the store already. */
export class SpooledItems {
  /** `durationMs`: how long executing them took, where that is not the duration of this call. */
  constructor(
    readonly stored: StoredItems,
    readonly durationMs?: number,
  ) {}
}

export interface Encoded {
  readonly output: Entry["output"];
  /** Those that are not in the store yet. */
  readonly blobs: readonly NewBlob[];
  /** The value itself, when it is in this thread's memory. */
  readonly portable?: PortableValue;
}

/** Throws `not-keyable`, `not-storable`, `output-missing`, `output-extra`, `file-missing` and `stream-files`. */
export function encodeOutput(
  stage: Pick<StageDefinition, "name" | "outputs" | "extra" | "codec">,
  returned: unknown,
  { files, warn }: { readonly files: FileOutputs; readonly warn: (message: string) => void },
): MaybePromise<Encoded> {
  if (returned instanceof SpooledItems) {
    if (files.isUsed) throw filesInStream(stage.name);
    const { items } = returned.stored;
    return {
      output: { ...returned.stored, files: [], summary: items === 1 ? "1 item" : `${formatCount(items)} items` },
      blobs: [],
    };
  }
  const named = namedOutputs(stage, returned, warn);
  return mapMaybe(files.adopt(named), (portable) =>
    mapMaybe(encodeValue(portable.value, stage.codec), ({ blobs, digest, codec, sizeBytes }) => ({
      output: {
        digest,
        blobs: blobs.map(({ ref }) => ref),
        files: portable.files,
        sizeBytes: portable.files.reduce((sum, file) => sum + file.sizeBytes, sizeBytes),
        codec,
        summary: describeValue(named),
      },
      blobs,
      portable,
    })),
  );
}
