/** The person's settings as the panels read them. Made by the plugin, which connects it with JupyterLab's registry. */
import type { ISettingRegistry } from "@jupyterlab/settingregistry";

export interface PreferenceValues {
  /** Where the graph grows to. */
  readonly graphDirection: "down" | "right";
  /** When a value typed into the form becomes the kernel's: when typing pauses, or with the Apply button. */
  readonly applyParams: "at once" | "on button";
  /** Whether the auto-run switch is on in notebooks where nobody has set it. */
  readonly autoRun: boolean;
  /** How long it must be quiet after a change before what is stale is run, in milliseconds. */
  readonly autoRunDelayMs: number;
  /** When the end of a long run is told. */
  readonly notify: "never" | "when hidden" | "always";
  /** Shorter runs are never told. */
  readonly notifyAfterSeconds: number;
}

const defaults: PreferenceValues = {
  graphDirection: "down",
  applyParams: "at once",
  autoRun: false,
  autoRunDelayMs: 400,
  notify: "when hidden",
  notifyAfterSeconds: 20,
};

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
    const read = (): void => this.put(readSettings((name) => settings.get(name).composite));
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

/** What is missing or of another kind is as it is at first. */
function readSettings(get: (name: keyof PreferenceValues) => unknown): PreferenceValues {
  const oneOf = <N extends keyof PreferenceValues>(
    name: N,
    ...values: readonly PreferenceValues[N][]
  ): PreferenceValues[N] => values.find((value) => value === get(name)) ?? defaults[name];
  const count = (name: "autoRunDelayMs" | "notifyAfterSeconds"): number => {
    const value = get(name);
    return typeof value === "number" && value >= 0 ? value : defaults[name];
  };
  return {
    graphDirection: oneOf("graphDirection", "down", "right"),
    applyParams: oneOf("applyParams", "at once", "on button"),
    autoRun: oneOf("autoRun", true, false),
    autoRunDelayMs: count("autoRunDelayMs"),
    notify: oneOf("notify", "never", "when hidden", "always"),
    notifyAfterSeconds: count("notifyAfterSeconds"),
  };
}
