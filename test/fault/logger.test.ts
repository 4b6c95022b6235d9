/** Faults of loggers: rows 1, 10, 20 and 25. See packages/testkit/src/faults/rows. */
import { testFaults } from '../support/fault-rows.ts';

testFaults('logger');
