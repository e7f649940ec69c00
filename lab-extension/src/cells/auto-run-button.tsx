/** The auto-run switch in the notebook's toolbar: whether changing a parameter runs stale stages. Rendered by a ToolbarItem. */
import type { JSX } from "react";
import { useSyncExternalStore } from "react";
import { ToolbarButtonComponent } from "@jupyterlab/ui-components";
import { COMMANDS } from "../command-ids";
import { autoRunIcon } from "../icons";
import { useNotebookState } from "../model/use-store";
import type { AutoRunChoices } from "../model/memory/auto-run-choices";
import type { ToolbarButtonProps } from "./run-stale-button";

export interface AutoRunButtonProps extends ToolbarButtonProps {
  readonly choices: AutoRunChoices;
}

export function AutoRunButton({ model, choices, commands, trans }: AutoRunButtonProps): JSX.Element | null {
  const { connection, remembered } = useNotebookState(model);
  const isOn = useSyncExternalStore(choices.subscribe, () => choices.isOn(model.key));
  if (connection !== "live" && connection !== "past" && !remembered) return null;
  return (
    <ToolbarButtonComponent
      icon={autoRunIcon}
      label={trans.__("Auto")}
      pressed={isOn}
      tooltip={trans.__("Auto-run off: changing a parameter only marks affected stages as stale")}
      pressedTooltip={trans.__("Auto-run on: changing a parameter reruns affected stages immediately")}
      noFocusOnClick
      onClick={() => void commands.execute(COMMANDS.autoRun, { path: model.path })}
    />
  );
}
