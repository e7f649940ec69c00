/** Lookup in maps that must have the key. */

/** The value of a key that was set before. Throws TypeError when it was not, which is a bug in Stagebook itself. */
export function mustGet<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new TypeError(`no value for ${String(key)}`);
  return value;
}
