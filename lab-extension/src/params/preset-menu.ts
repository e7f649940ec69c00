/** The menu of the presets. Opened by the button above the form. */
import { Clipboard, Dialog, InputDialog, Notification, showDialog } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import { CommandRegistry } from "@lumino/commands";
import { Menu } from "@lumino/widgets";
import type { NotebookModel } from "../tokens";
import {
  currentValues,
  decodePreset,
  encodePreset,
  fitPreset,
  loadPresets,
  savePresets,
  withPreset,
} from "../model/params/presets";
import type { Preset } from "../model/params/presets";
import { notifyFailure } from "../ui/notify";

/** Opens the menu below the button. */
export async function openPresetMenu(
  model: NotebookModel,
  button: HTMLElement,
  trans: TranslationBundle,
): Promise<void> {
  const presets = await loadPresets(model.key);
  const menu = createMenu(model, presets, trans);
  const { right, bottom } = button.getBoundingClientRect();
  menu.open(right, bottom, { horizontalAlignment: "right" });
}

function createMenu(model: NotebookModel, presets: readonly Preset[], trans: TranslationBundle): Menu {
  const commands = new CommandRegistry();
  const menu = new Menu({ commands });
  const isLive = model.getState().connection === "live";
  const add = (to: Menu, label: string, action: () => Promise<unknown>, isEnabled = true): void => {
    const id = `item-${to === menu ? "" : "sub-"}${to.items.length}`;
    // A mnemonic would remove the underscores from names.
    const mnemonic = -1;
    commands.addCommand(id, {
      label,
      mnemonic,
      isEnabled: () => isEnabled,
      execute: () => action().catch(notifyFailure),
    });
    to.addItem({ command: id });
  };
  for (const preset of presets) add(menu, preset.name, () => applyPreset(model, preset, trans), isLive);
  if (presets.length > 0) menu.addItem({ type: "separator" });
  add(menu, trans.__("Save values as preset …"), () => saveAsPreset(model, presets, trans));
  if (presets.length > 0) {
    const submenu = new Menu({ commands });
    submenu.title.label = trans.__("Delete preset");
    for (const { name } of presets)
      add(submenu, name, () =>
        savePresets(
          model.key,
          presets.filter((preset) => preset.name !== name),
        ),
      );
    menu.addItem({ type: "submenu", submenu });
  }
  menu.addItem({ type: "separator" });
  add(menu, trans.__("Copy values as JSON"), async () => {
    Clipboard.copyToSystem(encodePreset({ name: "", values: currentValues(model.getState().view) }));
  });
  add(menu, trans.__("Load values from JSON …"), () => loadFromText(model, trans), isLive);
  return menu;
}

/** Sets all values, or none when the kernel rejects one of them. */
async function applyPreset(model: NotebookModel, preset: Preset, trans: TranslationBundle): Promise<void> {
  const { values, unknown } = fitPreset(model.getState().view, preset);
  model.drafts.drop();
  await model.send<"set-params">({ type: "set-params", values });
  if (unknown.length > 0)
    Notification.warning(trans.__("Skipped, because the notebook has no such parameter: %1", unknown.join(", ")), {
      autoClose: 6000,
    });
}

async function saveAsPreset(model: NotebookModel, presets: readonly Preset[], trans: TranslationBundle): Promise<void> {
  const values = currentValues(model.getState().view);
  const { value, button } = await InputDialog.getText({
    title: trans.__("Save the values of all parameters"),
    label: trans.__("Name of the preset. An existing preset of this name is replaced."),
    okLabel: trans.__("Save"),
  });
  const name = value?.trim() ?? "";
  if (button.accept && name !== "") await savePresets(model.key, withPreset(presets, { name, values }));
}

async function loadFromText(model: NotebookModel, trans: TranslationBundle): Promise<void> {
  const { value, button } = await InputDialog.getText({
    title: trans.__("Load values"),
    label: trans.__("Paste the JSON of a preset, or an object of values by parameter name"),
    okLabel: trans.__("Load"),
  });
  if (!button.accept) return;
  const preset = decodePreset(value ?? "");
  if (preset) await applyPreset(model, preset, trans);
  else
    await showDialog({
      title: trans.__("Not a valid preset"),
      body: trans.__('A preset is JSON text like {"limit": 5, "region": "europe"}.'),
      buttons: [Dialog.okButton()],
    });
}
