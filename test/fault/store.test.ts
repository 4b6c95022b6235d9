/** Faults of stores: rows 21 to 24. See packages/testkit/src/faults/rows. */
import { testFaults } from '../support/fault-rows.ts';

testFaults('store');
