/** Observed reads: what an execution really reads from outside, found by wrapping what Node offers for it. */
export { systemNow } from "../async/clock";
export { currentRecorder, observing, unobserved } from "./context";
export { installObservers, type ObserverOptions } from "./install";
export { silently } from "./silence";
export {
  labelOfRead,
  RELATIVE_PATHS,
  type ObservedRead,
  type ReadKind,
  type VolatileKind,
  type VolatileRead,
} from "./reads";
export { isSameFolder } from "./path-states";
export { ReadRecorder } from "./recorder";
export { stateOfRead, type FileStates, type ReadState } from "./state-of-read";
