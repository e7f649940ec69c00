/** Every built-in that goes to a thread by its name is the same thing there. */
import { expect, test } from "vitest";
import { membersOf } from "../../../kernel-lib/src/key/values/own-members";
import { builtinName } from "../../../kernel-lib/src/scopes/known-globals";
import { builtinNamed } from "../../../kernel-lib/src/run/shipping/builtin-named";

test("[R4] built-ins of the language and of Node are found by the names that they go by", () => {
  let count = 0;
  const visit = (value: unknown, depth: number): void => {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) return;
    const name = builtinName(value);
    if (name === undefined) return;
    count++;
    // A setter has the name of its getter; no code captures it alone.
    const found = builtinNamed(name);
    if (found !== value) expect(membersOf(found), name).toEqual(membersOf(value));
    if (depth > 0) for (const { value: member } of membersOf(value)) visit(member, depth - 1);
  };
  for (const key of Reflect.ownKeys(globalThis)) visit(Object.getOwnPropertyDescriptor(globalThis, key)?.value, 2);
  expect(count).toBeGreaterThan(1_000);
});
