/** React keys of notebook models: component state of one notebook is never carried over to another. Used by the panels. */

/** The same number for the same model. A path would not do: a notebook can be renamed while it is open. */
export function modelKey(model: object): number {
  const known = keys.get(model);
  if (known !== undefined) return known;
  lastKey += 1;
  keys.set(model, lastKey);
  return lastKey;
}

const keys = new WeakMap<object, number>();
let lastKey = 0;
