/** The user's settings, as the panels read them. Created by the preferences plugin, which connects them with JupyterLab's registry. */
import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import { Subscribable } from "./subscribable";

export interface PreferenceValues {
  /** Whether the sidebar opens with the first TypeScript notebook. */
  readonly openAtStart: boolean;
  /** How the sidebar shows the graph. */
  readonly graphView: "list" | "graph";
  /** The direction from upstream to downstream in the graph. */
  readonly graphDirection: "down" | "right";
  /** When a value typed into the form is applied: after a pause in typing, or with the Apply button. */
  readonly applyParams: "at once" | "on button";
  /** Whether auto-run is on in notebooks where the user has not switched it. */
  readonly autoRun: boolean;
  /** The pause after a parameter change before auto-run starts, in milliseconds. */
  readonly autoRunDelayMs: number;
  /** When the user is notified that a long run has ended. */
  readonly notify: "never" | "when hidden" | "always";
  /** Runs shorter than this cause no notification. */
  readonly notifyAfterSeconds: number;
  /** A run that is expected to take more machine time than this, in minutes, asks for confirmation; 0: no run does. */
  readonly askAboveMinutes: number;
}

const defaults: PreferenceValues = {
  openAtStart: true,
  graphView: "list",
  graphDirection: "down",
  applyParams: "at once",
  autoRun: false,
  autoRunDelayMs: 400,
  notify: "when hidden",
  notifyAfterSeconds: 20,
  askAboveMinutes: 0,
};

export class Preferences extends Subscribable<PreferenceValues> {
  private settings: ISettingRegistry.ISettings | null = null;

  constructor() {
    super(defaults);
  }

  /** Reads these settings from now on; `set` writes to them. */
  follow(settings: ISettingRegistry.ISettings): void {
    this.settings = settings;
    const read = (): void => this.put(readSettings((name) => settings.get(name).composite));
    settings.changed.connect(read);
    read();
  }

  async set(change: Partial<PreferenceValues>): Promise<void> {
    this.put({ ...this.get(), ...change });
    for (const [name, value] of Object.entries(change)) await this.settings?.set(name, value);
  }

  private put(values: PreferenceValues): void {
    if (JSON.stringify(values) !== JSON.stringify(this.get())) this.publish(values);
  }
}

/** A missing or invalid setting has its default. */
function readSettings(get: (name: keyof PreferenceValues) => unknown): PreferenceValues {
  const oneOf = <N extends keyof PreferenceValues>(
    name: N,
    ...values: readonly PreferenceValues[N][]
  ): PreferenceValues[N] => values.find((value) => value === get(name)) ?? defaults[name];
  const count = (name: "autoRunDelayMs" | "notifyAfterSeconds" | "askAboveMinutes"): number => {
    const value = get(name);
    return typeof value === "number" && value >= 0 ? value : defaults[name];
  };
  return {
    openAtStart: oneOf("openAtStart", true, false),
    graphView: oneOf("graphView", "list", "graph"),
    graphDirection: oneOf("graphDirection", "down", "right"),
    applyParams: oneOf("applyParams", "at once", "on button"),
    autoRun: oneOf("autoRun", true, false),
    autoRunDelayMs: count("autoRunDelayMs"),
    notify: oneOf("notify", "never", "when hidden", "always"),
    notifyAfterSeconds: count("notifyAfterSeconds"),
    askAboveMinutes: count("askAboveMinutes"),
  };
}
