/** Faults of the broker: rows 15 to 19. See packages/testkit/src/faults/rows. */
import { testFaults } from '../support/fault-rows.ts';

testFaults('broker');
