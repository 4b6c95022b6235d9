/** All rows of the fault matrix but those of people's pages and alarms. See packages/testkit/src/faults/rows. */
import { testFaults } from '../support/fault-rows.ts';

testFaults();
