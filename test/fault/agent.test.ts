/** Faults of agents: rows 1 to 10 of the matrix. See packages/testkit/src/faults/rows. */
import { testFaults } from '../support/fault-rows.ts';

testFaults('agent');
