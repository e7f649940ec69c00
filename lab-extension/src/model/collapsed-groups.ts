/** Which groups of the graph are collapsed in one notebook. Owned by NotebookModel; lost when the notebook is closed. */
import { Subscribable } from "./subscribable";

/** Null until the user has chosen: the graph then decides by its size. */
export class CollapsedGroups extends Subscribable<ReadonlySet<string> | null> {
  constructor() {
    super(null);
  }

  set(names: Iterable<string>): void {
    this.publish(new Set(names));
  }
}
