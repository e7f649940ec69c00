/** The plugin of the user's choices: the settings and the auto-run switches, shared by the other plugins of this package. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { Token } from "@lumino/coreutils";
import { AutoRunChoices } from "../model/memory/auto-run-choices";
import { Preferences } from "../model/preferences";

/** The settings have the id of the sidebar plugin: of its schema file, `schema/plugin.json`. */
const SETTINGS_ID = "jupyterlab-stagebook:plugin";

export interface UserChoices {
  readonly preferences: Preferences;
  readonly autoRun: AutoRunChoices;
  /** Resolves when the settings are loaded, or cannot be loaded. */
  readonly loaded: Promise<void>;
}

export const UserChoices = new Token<UserChoices>(
  "jupyterlab-stagebook:UserChoices",
  "The settings of Stagebook, and the auto-run switch of each notebook.",
);

export const preferencesPlugin: JupyterFrontEndPlugin<UserChoices> = {
  id: "jupyterlab-stagebook:preferences",
  description: "Reads the settings of Stagebook.",
  autoStart: true,
  provides: UserChoices,
  optional: [ISettingRegistry],
  activate: (_: JupyterFrontEnd, settings: ISettingRegistry | null) => {
    const preferences = new Preferences();
    const autoRun = new AutoRunChoices(
      () => window.localStorage,
      () => preferences.get().autoRun,
    );
    return { preferences, autoRun, loaded: loadSettings(settings, preferences) };
  },
};

async function loadSettings(settings: ISettingRegistry | null, preferences: Preferences): Promise<void> {
  try {
    const loaded = await settings?.load(SETTINGS_ID);
    if (loaded) preferences.follow(loaded);
  } catch (cause) {
    console.error("stagebook: cannot load the settings; the defaults apply", cause);
  }
}
