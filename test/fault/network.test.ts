/** Faults of the way to the broker: rows 11 to 14. See packages/testkit/src/faults/rows. */
import { testFaults } from '../support/fault-rows.ts';

testFaults('network');
