/** Faults of everything at once: rows 26, 28 and 32. See packages/testkit/src/faults/rows. */
import { testFaults } from '../support/fault-rows.ts';

testFaults('all');
