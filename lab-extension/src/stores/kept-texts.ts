/** What outlives the page: `localStorage`, or a test's. */
export interface KeptTexts {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
}
