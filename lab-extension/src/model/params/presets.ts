/** Presets: named sets of parameter values, stored per notebook in the browser and shared as JSON. */
import { get, set } from "idb-keyval";
import type { JsonObject, ParamView, View } from "stagebook/protocol";
import { inexactNumberIn } from "stagebook/protocol";

export interface Preset {
  readonly name: string;
  readonly values: JsonObject;
}

/** Whether a preset may have a value for the parameter: what code alone can set has none, and what is secret is stored nowhere. */
const isPresetParam = ({ kind }: ParamView): boolean => kind !== "other" && kind !== "secret";

/** The values of all parameters that can be written as JSON. */
export function currentValues(view: View): JsonObject {
  return Object.fromEntries(
    Object.values(view.params)
      .filter(isPresetParam)
      .map((param) => [param.name, param.value]),
  );
}

/** The values of a preset that the notebook has a parameter for, and the names that it has none for. */
export function fitPreset(
  view: View,
  { values }: Preset,
): { readonly values: JsonObject; readonly unknown: readonly string[] } {
  const isEditable = (name: string): boolean => {
    const param = Object.hasOwn(view.params, name) ? view.params[name] : undefined;
    return param !== undefined && isPresetParam(param);
  };
  const entries = Object.entries(values);
  return {
    values: Object.fromEntries(entries.filter(([name]) => isEditable(name))),
    unknown: entries.map(([name]) => name).filter((name) => !isEditable(name)),
  };
}

/** Adds the preset to the list, which is sorted by name; a preset of the same name is replaced. */
export function withPreset(presets: readonly Preset[], preset: Preset): readonly Preset[] {
  const others = presets.filter(({ name }) => name !== preset.name);
  return [...others, preset].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The JSON text to share: `{"stagebookPreset": 1, "name": …, "values": {…}}`. */
export function encodePreset(preset: Preset): string {
  return JSON.stringify({ stagebookPreset: FORMAT, ...preset }, null, 2);
}

/** Parses that text, or a plain object of values. Null for anything else. */
export function decodePreset(text: string): Preset | null {
  const data = parse(text);
  if (!isObject(data)) return null;
  if (data.stagebookPreset === undefined) return { name: "", values: data as JsonObject };
  if (data.stagebookPreset !== FORMAT || !isObject(data.values)) return null;
  return { name: typeof data.name === "string" ? data.name : "", values: data.values as JsonObject };
}

/** Loads the presets of the notebook with this key, see KnownNotebooks; none when the browser stores nothing. Never rejects. */
export async function loadPresets(key: string): Promise<readonly Preset[]> {
  try {
    const stored = await get<unknown>(nameOf(key));
    return Array.isArray(stored) ? stored.filter(isPreset) : [];
  } catch (cause) {
    console.warn("stagebook: cannot read the presets of", key, cause);
    return [];
  }
}

/** Rejects when the browser cannot store them: the user must know. */
export function savePresets(key: string, presets: readonly Preset[]): Promise<void> {
  return set(nameOf(key), presets);
}

const FORMAT = 1;

function nameOf(key: string): string {
  return `stagebook:presets:${key}`;
}

function isPreset(data: unknown): data is Preset {
  return isObject(data) && typeof data.name === "string" && isObject(data.values);
}

function isObject(data: unknown): data is { readonly [name: string]: unknown } {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

function parse(text: string): unknown {
  try {
    // A number that would become another one is not what the preset says.
    return inexactNumberIn(text) ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
