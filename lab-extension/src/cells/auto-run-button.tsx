/** The switch in the notebook's toolbar: whether a change of a parameter runs what is stale. Shown by a ToolbarItem. */
import type { JSX } from "react";
import { useSyncExternalStore } from "react";
import { ToolbarButtonComponent } from "@jupyterlab/ui-components";
import { COMMANDS } from "../command-ids";
import { autoRunIcon } from "../icons";
import { useNotebookState } from "../model/use-store";
import type { AutoRunChoices } from "../model/auto-run-choices";
import type { ToolbarButtonProps } from "./run-stale-button";

export interface AutoRunButtonProps extends ToolbarButtonProps {
  readonly choices: AutoRunChoices;
}

export function AutoRunButton({ model, choices, commands, trans }: AutoRunButtonProps): JSX.Element | null {
  const { connection, remembered } = useNotebookState(model);
  const isOn = useSyncExternalStore(choices.subscribe, () => choices.isOn(model.path));
  if (connection !== "live" && connection !== "past" && !remembered) return null;
  return (
    <ToolbarButtonComponent
      icon={autoRunIcon}
      label={trans.__("Auto")}
      pressed={isOn}
      tooltip={trans.__("Auto-run is off: a changed parameter makes stale and runs nothing")}
      pressedTooltip={trans.__("Auto-run is on: what a changed parameter makes stale is run at once")}
      noFocusOnClick
      onClick={() => void commands.execute(COMMANDS.autoRun, { path: model.path })}
    />
  );
}
