/**
 * File names for names of any characters, such that no two names ever meet: not on a file system that ignores case (C21), nor
 * on one that folds Unicode forms. Used by the disk store for notebooks, stages, notes and runs.
 */
import { digestOf } from "../../key/digest";

/** Well under the 255 bytes of every file system, with room for a suffix. */
const LONGEST = 120;
const KEPT_OF_LONG = 60;
const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;

/**
 * Letters, digits, `-` and `_` stay; all else is `%` and hex (of UTF-8; `%u` and four digits for a lone surrogate). Which letters are
 * capitals is repeated behind `~`, as a hexadecimal mask: `cleanRows` is `cleanRows~20`. Long names are cut and end in `~~` and 128
 * bits of a sha256. A result never begins with a dot nor holds one: names with a dot are free for other uses.
 */
export function fileNameOf(name: string): string {
  const encoded = encodeCharacters(name);
  const whole = encoded + capitalsOf(encoded);
  return whole.length <= LONGEST
    ? whole
    : `${encoded.slice(0, KEPT_OF_LONG)}~~${digestOf(exactText(name)).slice(0, 32)}`;
}

function encodeCharacters(name: string): string {
  if (name === "") return "%";
  if (RESERVED.test(name)) return percent(name.slice(0, 1)) + name.slice(1);
  let encoded = "";
  for (const character of name) encoded += /[A-Za-z0-9_-]/.test(character) ? character : percent(character);
  return encoded;
}

function percent(character: string): string {
  if (/^[\ud800-\udfff]$/.test(character)) return `%u${character.charCodeAt(0).toString(16)}`;
  return [...Buffer.from(character, "utf8")].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}

/** Bit n is set when the n-th character, counted from the left, is a capital. Escapes hold none. */
function capitalsOf(encoded: string): string {
  let mask = 0n;
  for (let at = 0; at < encoded.length; at++) if (/[A-Z]/.test(encoded.charAt(at))) mask |= 1n << BigInt(at);
  return mask === 0n ? "" : `~${mask.toString(16)}`;
}

/** Lone surrogates would all become one in UTF-8. */
function exactText(name: string): Uint8Array {
  return Buffer.from(name, "utf16le");
}
