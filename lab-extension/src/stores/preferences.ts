/** The person's settings as the panels read them. Made by the plugin, which connects it with JupyterLab's registry. */
import type { ISettingRegistry } from "@jupyterlab/settingregistry";

export interface PreferenceValues {
  /** Where the graph grows to. */
  readonly graphDirection: "down" | "right";
  /** When a value typed into the form becomes the kernel's: when typing pauses, or with the Apply button. */
  readonly applyParams: "at once" | "on button";
}

const defaults: PreferenceValues = { graphDirection: "down", applyParams: "at once" };

export class Preferences {
  private values = defaults;
  private settings: ISettingRegistry.ISettings | null = null;
  private readonly listeners = new Set<() => void>();

  /** For useSyncExternalStore. */
  readonly subscribe = (changed: () => void): (() => void) => {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  };

  /** For useSyncExternalStore: the same object until something changes. */
  readonly get = (): PreferenceValues => this.values;

  /** From now on these settings are read, and written by `set`. */
  follow(settings: ISettingRegistry.ISettings): void {
    this.settings = settings;
    const read = (): void =>
      this.put({
        graphDirection: settings.get("graphDirection").composite === "right" ? "right" : "down",
        applyParams: settings.get("applyParams").composite === "on button" ? "on button" : "at once",
      });
    settings.changed.connect(read);
    read();
  }

  async set(change: Partial<PreferenceValues>): Promise<void> {
    this.put({ ...this.values, ...change });
    for (const [name, value] of Object.entries(change)) await this.settings?.set(name, value);
  }

  private put(values: PreferenceValues): void {
    if (JSON.stringify(values) === JSON.stringify(this.values)) return;
    this.values = values;
    for (const changed of [...this.listeners]) changed();
  }
}
