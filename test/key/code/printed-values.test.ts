/** The inspector session, which reads the variables of functions, must not keep what code prints in memory. */
import { console as inspected } from "node:inspector";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { createLiveScopes } from "../../../kernel-lib/src/scopes/live-scopes";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

test("[O4] printed values are not kept in memory", async () => {
  const scopes = createLiveScopes(() => undefined);
  // The session begins with the first function.
  scopes.inspect(() => 1);
  const print = (): readonly WeakRef<object>[] => {
    const refs = Array.from({ length: 20 }, (_, n) => {
      const value = { n, large: new Array(1000).fill(n) };
      (inspected as unknown as Console).debug(value);
      return new WeakRef(value);
    });
    scopes.forget();
    return refs;
  };
  // The second time soon after the first.
  const printed = [...print(), ...print()];
  await expect.poll(() => { collect(); return printed.filter((each) => each.deref() !== undefined).length; }).toBe(0); // prettier-ignore
});
