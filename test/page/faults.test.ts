/** A kernel and its pages with a bad network between them. */
import { testFaults } from "./faults-law";

testFaults(1, 200);
