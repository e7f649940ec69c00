/** Memoization by identity: a value is computed once and returned again until one of the inputs that it was computed from is another object. */

/**
 * Remembers the last value per key, for as long as the key lives. `make` receives the value computed before from other inputs, which it may
 * return again. At most two inputs, compared by `===`: no array is allocated on a hit, and plans ask 10,000 times.
 */
export function memo<K extends object, V, A = undefined, B = undefined>(
  make: (key: K, a: A, b: B, previous: V | undefined) => V,
): (key: K, ...inputs: Inputs<A, B>) => V {
  const last = new WeakMap<K, { a: A; b: B; value: V }>();
  const get = (key: K, a: A, b: B): V => {
    const known = last.get(key);
    if (!known) {
      const value = make(key, a, b, undefined);
      last.set(key, { a, b, value });
      return value;
    }
    if (known.a !== a || known.b !== b) {
      known.value = make(key, a, b, known.value);
      known.a = a;
      known.b = b;
    }
    return known.value;
  };
  return get as (key: K, ...inputs: Inputs<A, B>) => V;
}

/** Omitted if it is not used. */
type Inputs<A, B> = A extends undefined ? [] : B extends undefined ? [a: A] : [a: A, b: B];
