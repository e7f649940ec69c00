/** Text for HTML and SVG: the characters with a meaning in markup become character references. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
