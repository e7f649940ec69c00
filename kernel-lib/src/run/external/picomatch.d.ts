/** What is used of picomatch, which has no types of its own. */
declare module "picomatch" {
  interface Scan {
    /** The part before the first segment with a special character, still escaped. */
    readonly base: string;
    readonly glob: string;
    readonly isGlob: boolean;
  }
  function picomatch(glob: string, options?: { readonly dot?: boolean }): (path: string) => boolean;
  namespace picomatch {
    function scan(pattern: string): Scan;
  }
  export = picomatch;
}
