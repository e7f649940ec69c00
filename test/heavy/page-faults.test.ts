/** A kernel and its pages with a bad network between them, many times. */
import { testFaults } from "../page/faults-law";

testFaults(1001, 5000);
