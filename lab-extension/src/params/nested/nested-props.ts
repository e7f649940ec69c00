/** What the controls of nested values receive. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Json } from "stagebook/protocol";
import type { Shape } from "../../model/params/value-shape";

export interface NestedProps<S extends Shape = Shape> {
  readonly shape: S;
  /** Undefined for a control that was emptied. */
  readonly value: Json | undefined;
  /** The accessible name: `area.tags 2`. */
  readonly label: string;
  readonly disabled: boolean;
  readonly trans: TranslationBundle;
  readonly onChange: (value: Json | undefined) => void;
}
