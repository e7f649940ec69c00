/** Reads the records of entries: checks the signature, then decodes. Used by the disk store and the bucket store. */
import type { Digest } from "../../protocol";
import type { Entry } from "../store";
import { decodeEntry, type EntrySeal } from "./entry-record";

export class EntryReader {
  private readonly reportedFaults = new Set<string>();

  /** `seal`: entries that it did not sign are absent. */
  constructor(
    private readonly seal: EntrySeal | undefined,
    private readonly warn: (message: string, where: string) => void,
  ) {}

  /** The entry in a text; undefined, with a warning, when the text is damaged or not to be trusted. */
  read(key: Digest, text: string, where: string): Entry | undefined {
    const fault = this.seal?.findFault(key, text);
    if (fault !== undefined) {
      // With another key every result has the same fault: one warning is enough.
      if (!this.reportedFaults.has(fault)) this.warn(`${fault}; it and all like it will be recomputed`, where);
      this.reportedFaults.add(fault);
      return undefined;
    }
    const entry = decodeEntry(key, text);
    if (!entry) this.warn("the record of a result is damaged; the result will be recomputed", where);
    return entry;
  }
}
