/** What a parameter's JSON Schema says about its values: the choices, and the range of a number. Pure. */
import type { Json, ParamView } from "stagebook/protocol";

/** The allowed values of a `choice` parameter. */
export function choices(param: ParamView): readonly Json[] {
  return Array.isArray(param.schema.enum) ? (param.schema.enum as readonly Json[]) : [];
}

/** Minimum, maximum and step of a number's control. A slider needs both limits. */
export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  readonly step: number;
}

export function numberRange(param: ParamView): NumberRange {
  const read = (key: string): number | undefined => {
    const value = param.schema[key];
    return typeof value === "number" ? value : undefined;
  };
  const min = read("minimum") ?? read("exclusiveMinimum");
  const max = read("maximum") ?? read("exclusiveMaximum");
  const step =
    read("x-step") ??
    read("multipleOf") ??
    (param.kind === "integer" ? 1 : finestStep([min, max, param.default, param.value]));
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }), step };
}

/** One unit in the last decimal place that is in use: 0.1 for a default of 4.5. */
function finestStep(values: readonly (Json | undefined)[]): number {
  const places = values.map((value) =>
    typeof value === "number" ? (/\.(\d+)$/.exec(JSON.stringify(value))?.[1]?.length ?? 0) : 0,
  );
  return Number(`1e-${Math.min(6, Math.max(...places))}`);
}
