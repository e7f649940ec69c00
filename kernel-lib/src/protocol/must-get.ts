/** Maps that must hold what is asked of them. */

/** The value under a key that was put there before. Throws TypeError when it was not: an error of Stagebook itself. */
export function mustGet<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new TypeError(`nothing is known of ${String(key)}`);
  return value;
}
