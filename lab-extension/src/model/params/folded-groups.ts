/** The folded groups of parameters in each notebook, remembered by the browser. */
import type { TextStorage } from "../memory/auto-run-choices";
import { Subscribable } from "../subscribable";

/** Owned by NotebookModel: the sidebar and the outputs of cells share it. */
export class FoldedGroups extends Subscribable<ReadonlySet<string>> {
  /** `key` is the notebook's, see KnownNotebooks. */
  constructor(
    private readonly key: string,
    private readonly storage: () => TextStorage,
  ) {
    super(readStored(key, storage));
  }

  set(group: string, isFolded: boolean): void {
    const folded = new Set(this.get());
    if (isFolded) folded.add(group);
    else folded.delete(group);
    try {
      this.storage().setItem(nameOf(this.key), JSON.stringify([...folded]));
    } catch (cause) {
      // A private window may have no storage: the choice is valid until the page is closed.
      console.warn("stagebook: cannot remember the folded groups of", this.key, cause);
    }
    this.publish(folded);
  }
}

function readStored(key: string, storage: () => TextStorage): ReadonlySet<string> {
  try {
    const names: unknown = JSON.parse(storage().getItem(nameOf(key)) ?? "[]");
    return new Set(Array.isArray(names) ? names.filter((name) => typeof name === "string") : []);
  } catch {
    return new Set();
  }
}

function nameOf(key: string): string {
  return `stagebook:folded-params:${key}`;
}
