/** What is said of a device that gives nothing, and that it is taken back. */
import { expect, test } from 'vitest';
import { sampleReader } from '../../../testing/samples.ts';
import { Collector } from '../../collector.ts';
import { Profile } from './profile.ts';
import { Complaints, deviceReason, tableReason } from './reason.ts';

const ASKED = { address: '192.0.2.7', port: 161, version: '2c', requestsPerSecond: 5 } as const;

test('says what to look at', () => {
  expect(deviceReason('timeout', undefined, ASKED)).toContain('is the community right?');
  expect(deviceReason('timeout', undefined, { ...ASKED, version: '3' })).not.toContain('community');
  expect(deviceReason('denied', 'it does not know the user', ASKED)).toBe(
    '192.0.2.7 port 161 refuses access: it does not know the user',
  );
  expect(tableReason('budget', ASKED)).toContain('its 5 requests a second do not reach: raise snmp.requestsPerSecond');
});

test('told when it begins, changes and ends; taken back by an agent that was started anew', () => {
  const profile = new Profile();
  const first = new Collector('agent-a');
  const read = sampleReader(first);
  const complaints = new Complaints('dut', profile, first);
  const factsAfter = (table: string, text: string): readonly string[] => {
    complaints.tell(table, 1_700_000_000_000, text);
    return read().facts;
  };
  expect(factsAfter('', '')).toEqual([]);
  expect(factsAfter('', 'no answer')).toEqual(['dut snmpReason =no answer']);
  expect(factsAfter('', 'no answer')).toEqual([]);
  expect(factsAfter('ifXTable', 'cut')).toEqual(['dut snmpReason ifXTable=cut']);
  expect(factsAfter('', '')).toEqual(['dut snmpReason =']);
  expect(factsAfter('', '')).toEqual([]);
  const second = new Collector('agent-a');
  const again = new Complaints('dut', new Profile({ ...profile.data }), second);
  again.tell('', 1_700_000_060_000, '');
  again.tell('ifXTable', 1_700_000_060_000, '');
  again.tell('ifXTable', 1_700_000_120_000, '');
  expect(sampleReader(second)().facts).toEqual(['dut snmpReason ifXTable=']);
});
