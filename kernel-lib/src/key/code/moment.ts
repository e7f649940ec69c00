/** Moments between which user code may have run. What was read of objects and variables holds for one of them. */
let current = 0;

export const currentMoment = (): number => current;

export function startMoment(): void {
  current++;
}
