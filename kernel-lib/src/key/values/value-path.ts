/** The notation for a path inside a value: `model.layers[2].fn`, `cache.get("a")`. For messages. */

/** The step from an object to one of its properties. */
export function propertyStep(key: PropertyKey): string {
  if (typeof key === "symbol") return `[${key.toString()}]`;
  if (typeof key === "number" || /^(0|[1-9]\d*)$/.test(key)) return `[${String(key)}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(bounded(key))}]`;
}

/** The step from a Map to one of its keys or values, `at` in the list of all: key, value, key, value. */
export function mapStep(at: number, pairs: readonly unknown[]): string {
  if (at % 2 === 0) return `.keys()[${at / 2}]`;
  const key = pairs[at - 1];
  if (typeof key === "string") return `.get(${JSON.stringify(bounded(key))})`;
  const isShort = typeof key === "number" || typeof key === "boolean" || key === null || key === undefined;
  return isShort ? `.get(${String(key)})` : `.values()[${(at - 1) / 2}]`;
}

/** The step from a Set to its n-th item. */
export function setStep(item: number): string {
  return `.values()[${item}]`;
}

/** Steps joined; the middle of a very deep path is left out. */
export function joinSteps(root: string, steps: readonly string[]): string {
  const shown =
    steps.length <= 24 ? steps : [...steps.slice(0, 12), ` … ${steps.length - 20} more … `, ...steps.slice(-8)];
  return root + shown.join("");
}

function bounded(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}
