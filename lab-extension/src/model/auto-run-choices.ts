/** In which notebooks the auto-run switch is on: kept in the browser, never in the notebook. Made by the plugins' root. */

/** What outlives the page: `localStorage`, or a test's. */
export interface KeptTexts {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
}

export class AutoRunChoices {
  private readonly chosen = new Map<string, boolean>();
  private readonly listeners = new Set<() => void>();

  /** `isOnByDefault`: in a notebook where nobody has chosen. */
  constructor(
    private readonly kept: () => KeptTexts,
    private readonly isOnByDefault: () => boolean,
  ) {}

  /** For useSyncExternalStore. */
  readonly subscribe = (changed: () => void): (() => void) => {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  };

  /** `path` is the notebook's. */
  isOn(path: string): boolean {
    return this.chosen.get(path) ?? this.read(path) ?? this.isOnByDefault();
  }

  set(path: string, isOn: boolean): void {
    this.chosen.set(path, isOn);
    try {
      this.kept().setItem(keyOf(path), isOn ? "on" : "off");
    } catch (cause) {
      // A private window may keep nothing: the choice holds until the page is left.
      console.warn("stagebook: cannot remember the auto-run switch of", path, cause);
    }
    for (const changed of [...this.listeners]) changed();
  }

  private read(path: string): boolean | undefined {
    try {
      const text = this.kept().getItem(keyOf(path));
      return text === null ? undefined : text === "on";
    } catch {
      return undefined;
    }
  }
}

function keyOf(path: string): string {
  return `stagebook:auto-run:${path}`;
}
