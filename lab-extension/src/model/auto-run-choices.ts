/** The auto-run switch of each notebook: stored in the browser, never in the notebook. Created by the preferences plugin. */
import { Subscribable } from "./subscribable";

/** Text that outlives the page: `localStorage`, or its replacement in a test. */
export interface TextStorage {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
}

/** By notebook path, as switched since the page was loaded. */
type Choices = ReadonlyMap<string, boolean>;

export class AutoRunChoices extends Subscribable<Choices> {
  /** `isOnByDefault` applies to notebooks where the user has not chosen. */
  constructor(
    private readonly storage: () => TextStorage,
    private readonly isOnByDefault: () => boolean,
  ) {
    super(new Map());
  }

  /** `path` is the notebook's. */
  isOn(path: string): boolean {
    return this.get().get(path) ?? this.readStored(path) ?? this.isOnByDefault();
  }

  set(path: string, isOn: boolean): void {
    try {
      this.storage().setItem(keyOf(path), isOn ? "on" : "off");
    } catch (cause) {
      // A private window may have no storage: the choice is valid until the page is closed.
      console.warn("stagebook: cannot remember the auto-run switch of", path, cause);
    }
    this.publish(new Map([...this.get(), [path, isOn]]));
  }

  private readStored(path: string): boolean | undefined {
    try {
      const text = this.storage().getItem(keyOf(path));
      return text === null ? undefined : text === "on";
    } catch {
      return undefined;
    }
  }
}

function keyOf(path: string): string {
  return `stagebook:auto-run:${path}`;
}
