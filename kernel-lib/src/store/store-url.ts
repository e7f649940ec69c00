/** The stores without a location, which live and end with the process. */
export type StoreName = "memory" | "none";

export function isStoreName(choice: string): choice is StoreName {
  return choice === "memory" || choice === "none";
}

/** Whether a location of a store is a URL, such as `s3://bucket/prefix`, and not a folder. `open-store.ts` knows the schemes. */
export function isUrl(location: string): boolean {
  return /^[a-z0-9+]+:\/\//i.test(location);
}
