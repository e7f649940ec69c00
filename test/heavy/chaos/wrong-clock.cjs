/**
 * Preloaded where there is no faketime: the clock of the process is wrong by STAGEBOOK_TEST_CLOCK milliseconds, and every two seconds by
 * that much in the other direction.
 */
const by = Number(process.env.STAGEBOOK_TEST_CLOCK);
const RealDate = Date;
const began = performance.now();
const shifted = () => RealDate.now() + (Math.floor((performance.now() - began) / 2000) % 2 === 0 ? by : -by);
globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [shifted()] : args));
  }
  static now() {
    return shifted();
  }
};
