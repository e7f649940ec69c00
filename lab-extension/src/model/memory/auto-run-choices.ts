/** The auto-run switch of each notebook: stored in the browser, never in the notebook. Created by the preferences plugin. */
import { Subscribable } from "../subscribable";

/** Text that outlives the page: `localStorage`, or its replacement in a test. */
export interface TextStorage {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
}

/** By the key of the notebook, as switched since the page was loaded. */
type Choices = ReadonlyMap<string, boolean>;

export class AutoRunChoices extends Subscribable<Choices> {
  /** `isOnByDefault` applies to notebooks where the user has not chosen. */
  constructor(
    private readonly storage: () => TextStorage,
    private readonly isOnByDefault: () => boolean,
  ) {
    super(new Map());
  }

  /** `key` is the notebook's, see KnownNotebooks. */
  isOn(key: string): boolean {
    return this.get().get(key) ?? this.readStored(key) ?? this.isOnByDefault();
  }

  set(key: string, isOn: boolean): void {
    try {
      this.storage().setItem(nameOf(key), isOn ? "on" : "off");
    } catch (cause) {
      // A private window may have no storage: the choice is valid until the page is closed.
      console.warn("stagebook: cannot remember the auto-run switch of", key, cause);
    }
    this.publish(new Map([...this.get(), [key, isOn]]));
  }

  private readStored(key: string): boolean | undefined {
    try {
      const text = this.storage().getItem(nameOf(key));
      return text === null ? undefined : text === "on";
    } catch {
      return undefined;
    }
  }
}

function nameOf(key: string): string {
  return `stagebook:auto-run:${key}`;
}
