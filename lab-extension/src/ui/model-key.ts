/** A React key for each notebook's model, so that nothing of one notebook is carried over to another. Used by the panels. */

/** A notebook may be renamed while it is shown: its path is no key, its model is. */
export function modelKey(model: object): number {
  const known = keys.get(model);
  if (known !== undefined) return known;
  lastKey += 1;
  keys.set(model, lastKey);
  return lastKey;
}

const keys = new WeakMap<object, number>();
let lastKey = 0;
