/**
 * File names for names of any characters, such that no two names ever collide: neither on a file system that ignores case (C21), nor
 * on one that normalizes Unicode. Used by the stores for notebooks, stages and runs.
 */
import { digestOf } from "../../key/digest";

/** Well below the 255 bytes that every file system allows, with room for a suffix. */
const LONGEST = 120;
const KEPT_OF_LONG = 60;
const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;

/**
 * Letters, digits, `-` and `_` stay; everything else becomes `%` and hex (of its UTF-8 bytes; `%u` and four digits for a lone
 * surrogate). A hexadecimal mask after `~` repeats which letters are capitals: `cleanRows` becomes `cleanRows~20`. Long names are cut
 * and end in `~~` and 128 bits of a sha256. The result never contains a dot: names with a dot are free for other uses.
 */
export function fileNameOf(name: string): string {
  const encoded = encodeCharacters(name);
  const whole = encoded + capitalsOf(encoded);
  return whole.length <= LONGEST
    ? whole
    : `${encoded.slice(0, KEPT_OF_LONG)}~~${digestOf(exactText(name)).slice(0, 32)}`;
}

/** The name that has this file name; undefined for one that is cut, or that no name has. */
export function nameOfFile(fileName: string): string | undefined {
  const encoded = fileName === "%" ? "" : fileName.replace(/~[0-9a-f]+$/, "");
  const name = encoded.replace(/(?:%[0-9a-f]{2})+|%u([0-9a-f]{4})/g, (escape, unit?: string) =>
    unit === undefined
      ? Buffer.from(escape.replaceAll("%", ""), "hex").toString("utf8")
      : String.fromCharCode(parseInt(unit, 16)),
  );
  return fileNameOf(name) === fileName ? name : undefined;
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

/** Bit n is set when the n-th character from the left is a capital. Escapes contain none. */
function capitalsOf(encoded: string): string {
  let mask = 0n;
  for (let at = 0; at < encoded.length; at++) if (/[A-Z]/.test(encoded.charAt(at))) mask |= 1n << BigInt(at);
  return mask === 0n ? "" : `~${mask.toString(16)}`;
}

/** UTF-16, because UTF-8 maps all lone surrogates to the same bytes. */
function exactText(name: string): Uint8Array {
  return Buffer.from(name, "utf16le");
}
