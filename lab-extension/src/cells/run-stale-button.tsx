/** The `Run stale` button in the notebook's toolbar. Rendered by a ToolbarItem for each notebook panel. */
import type { JSX } from "react";
import { ToolbarButtonComponent } from "@jupyterlab/ui-components";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import { COMMANDS } from "../command-ids";
import { runStaleIcon } from "../icons";
import { useNotebookState } from "../model/use-store";
import type { NotebookModel } from "../tokens";
import { countStale, isAnyStale, staleCaption, staleLabel, staleNumber } from "../ui/texts/stale-count";

export interface ToolbarButtonProps {
  readonly model: NotebookModel;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

export function RunStaleButton({ model, commands, trans }: ToolbarButtonProps): JSX.Element | null {
  const state = useNotebookState(model);
  const { connection, remembered } = state;
  const isPast = connection === "past";
  if (connection !== "live" && !isPast && !remembered) return null;
  const count = countStale(state);
  return (
    <>
      <ToolbarButtonComponent
        icon={runStaleIcon}
        label={isPast ? trans.__("Run stale") : staleLabel(count, trans)}
        tooltip={
          isPast
            ? trans.__("You are viewing a past run. Return to the current state to make changes.")
            : staleCaption(count, trans)
        }
        enabled={connection === "live"}
        noFocusOnClick
        onClick={() => void commands.execute(COMMANDS.runStale, { path: model.path })}
      />
      {isAnyStale(count) && !isPast && (
        <span className="stagebook-ToolbarItem-count" aria-hidden="true">
          {staleNumber(count)}
        </span>
      )}
    </>
  );
}
