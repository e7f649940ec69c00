/** Random numbers: `Math.random` and those of `crypto`. */
import crypto from "node:crypto";
import { currentRecorder } from "../context";
import { noteAlways } from "../volatile-notes";
import { methodIn, ownerOf, replaceMethod } from "./replace";

type Method = (this: unknown, ...args: unknown[]) => unknown;

const FUNCTIONS = (
  "randomBytes pseudoRandomBytes prng rng randomFill randomFillSync randomInt randomUUID randomUUIDv7 getRandomValues generateKey generateKeySync " +
  "generateKeyPair generateKeyPairSync generatePrime generatePrimeSync"
).split(" ");

export function observeRandom(): void {
  replaceMethod<() => number>(Math, "random", (original) => {
    const wrapper = (): number => {
      const recorder = currentRecorder();
      if (recorder?.random) return recorder.random();
      if (recorder) noteAlways(recorder, "random", "Math.random()", wrapper);
      return original();
    };
    return wrapper;
  });
  for (const name of FUNCTIONS) replaceMethod<Method>(crypto, name, (original) => random(original, `crypto.${name}()`));
  const web = crypto.webcrypto;
  for (const name of ["getRandomValues", "randomUUID"])
    replaceMethod<Method>(ownerOf(web, name), name, (original) => random(original, `crypto.${name}()`));
  replaceMethod<Method>(ownerOf(web.subtle, "generateKey"), "generateKey", (original) =>
    random(original, "crypto.subtle.generateKey()"),
  );
  for (const { prototype } of [crypto.ECDH, crypto.DiffieHellman, crypto.DiffieHellmanGroup] as { prototype: object }[])
    replaceMethod<Method>(prototype, "generateKeys", (original) => random(original, "generateKeys()"));
}

function random(original: Method, name: string): Method {
  const wrapper: Method = methodIn({
    observed(this: unknown, ...args: unknown[]): unknown {
      const recorder = currentRecorder();
      if (recorder) noteAlways(recorder, "random", name, wrapper, "below");
      return Reflect.apply(original, this, args);
    },
  });
  return wrapper;
}
