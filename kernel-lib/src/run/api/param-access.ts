/** Parameters as cells and stages read and set them. Part of the public API of handles. */
import { paramText, StagebookError } from "../../protocol";
import type { Values } from "../../stage/public/inputs";
import type { ParamHandles } from "../../stage/handle";
import type { InputLeaf } from "../../stage/input";
import { findActivity, noOverlay } from "../state/activity";
import type { Log } from "../state/logger";
import type { ParamValues } from "../state/params";

export interface ParamParts {
  readonly params: ParamValues;
  readonly log: Log;
  /** Throws `param-busy` while a run reads one of the parameters. */
  readonly checkParamsFree: (names: readonly string[]) => void;
  /** A parameter has another value now. */
  readonly changed: () => void;
}

export class ParamAccess implements ParamHandles {
  /** Values read in this turn of the event loop, by parameter. */
  private readonly readNow = new Map<string, unknown>();

  constructor(private readonly parts: ParamParts) {}

  checkOverrides(overrides: Values): void {
    this.parts.params.overlay(overrides);
  }

  paramValue(name: string): unknown {
    const activity = findActivity();
    activity.stage?.readParam(name);
    if (!activity.stage) activity.observe?.({ kind: "param", name });
    const value = this.parts.params.value(name, activity.stage?.overlay ?? noOverlay);
    if (!activity.stage) this.rememberRead(name, value);
    return value;
  }

  /** Warns of an input that is a value just read from a parameter: `p.value` where `p` was meant. */
  warnFixedInputs(leaves: readonly InputLeaf[], stage: string): void {
    for (const leaf of leaves) {
      const name =
        "value" in leaf ? [...this.readNow].find(([, value]) => Object.is(value, leaf.value))?.[0] : undefined;
      if (name === undefined) continue;
      const text = `stage "${stage}": its input ${leaf.path} is the current value of ${name} and will not follow it: pass ${name}, not ${name}.value`;
      this.parts.log("warn", text, { stage });
      process.stderr.write(`${text}\n`);
    }
  }

  setParam(name: string, value: unknown): void {
    this.change(name, () => this.parts.params.set({ [name]: value }, "code"));
  }

  resetParam(name: string): void {
    this.change(name, () => this.parts.params.reset([name], "code"));
  }

  /** `minMagnitude = 5 (default 4.5)`. */
  paramText(name: string): string {
    const { stage, observe } = findActivity();
    if (!stage) observe?.({ kind: "param", name });
    return paramText(this.parts.params.view(name));
  }

  private rememberRead(name: string, value: unknown): void {
    this.readNow.set(name, value);
    queueMicrotask(() => this.readNow.delete(name));
  }

  private change(name: string, change: () => void): void {
    const { stage } = findActivity();
    if (stage)
      throw new StagebookError(
        "param-read-only",
        `stage "${stage.stage}" tried to change parameter "${name}"`,
        "Parameters are changed in cells or in the sidebar; return the value from the stage instead.",
        { stage: stage.stage },
      );
    this.parts.checkParamsFree([name]);
    change();
    findActivity().observe?.({ kind: "set-param", name });
    this.parts.changed();
  }
}
