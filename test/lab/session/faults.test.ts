/** A kernel and its pages with a bad network between them. */
import { testFaults } from "./faults-property";

testFaults(1, 100);
