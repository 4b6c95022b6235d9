/** The groups every SNMP agent has or should have: SNMPv2-MIB (RFC 3418), IP-, TCP-, UDP-MIB (RFC 4293, 4022, 4113). */
import { counter, fact, gauge, HUNDREDTH, type Section } from '../section.ts';

const MIB2 = '1.3.6.1.2.1';

const ip = (name: string, at: number, help: string) => counter(name, 32, 'packets', `${MIB2}.4.${at}.0`, help);
const icmp = (name: string, at: number, help: string) => counter(name, 32, 'messages', `${MIB2}.5.${at}.0`, help);
const tcp = (name: string, at: number, unit: string, help: string) =>
  counter(name, 32, unit, `${MIB2}.6.${at}.0`, help);
const udp = (name: string, at: number, help: string) => counter(name, 32, 'packets', `${MIB2}.7.${at}.0`, help);
const snmp = (name: string, at: number, help: string) => counter(name, 32, 'messages', `${MIB2}.11.${at}.0`, help);

export const SYSTEM: Section = {
  metrics: [
    gauge('sysUpTime', 's', `${MIB2}.1.3.0`, 'Time since the management agent of the device started', {
      scale: HUNDREDTH,
    }),
    gauge('tcpCurrEstab', '1', `${MIB2}.6.9.0`, 'TCP connections established or closing', {
      // 2^32 - 1: an agent that cannot tell.
      absent: [4_294_967_295],
    }),
    ip('ipInReceives', 3, 'IP packets received, those in error included'),
    ip('ipInHdrErrors', 4, 'IP packets discarded for errors in their header'),
    ip('ipInAddrErrors', 5, 'IP packets discarded because their destination was not valid here'),
    ip('ipForwDatagrams', 6, 'IP packets forwarded'),
    ip('ipInDiscards', 8, 'IP packets received without error but discarded'),
    ip('ipInDelivers', 9, 'IP packets delivered to the protocols above'),
    ip('ipOutRequests', 10, 'IP packets the protocols above asked to send'),
    ip('ipOutDiscards', 11, 'IP packets to be sent but discarded'),
    ip('ipOutNoRoutes', 12, 'IP packets discarded because no route was found'),
    ip('ipReasmFails', 16, 'Failures to put fragments together'),
    ip('ipFragFails', 18, 'IP packets discarded because they might not be fragmented'),
    icmp('icmpInMsgs', 1, 'ICMP messages received'),
    icmp('icmpInErrors', 2, 'ICMP messages received with errors'),
    icmp('icmpInDestUnreachs', 3, 'ICMP destination unreachable received'),
    icmp('icmpInTimeExcds', 4, 'ICMP time exceeded received'),
    icmp('icmpOutMsgs', 14, 'ICMP messages sent'),
    icmp('icmpOutErrors', 15, 'ICMP messages not sent for problems within ICMP'),
    tcp('tcpActiveOpens', 5, 'connections', 'TCP connections opened from here'),
    tcp('tcpPassiveOpens', 6, 'connections', 'TCP connections opened from elsewhere'),
    tcp('tcpAttemptFails', 7, 'connections', 'TCP connections that failed to open'),
    tcp('tcpEstabResets', 8, 'connections', 'TCP connections reset while established'),
    tcp('tcpInSegs', 10, 'segments', 'TCP segments received'),
    tcp('tcpOutSegs', 11, 'segments', 'TCP segments sent, without those sent again'),
    tcp('tcpRetransSegs', 12, 'segments', 'TCP segments sent again'),
    tcp('tcpInErrs', 14, 'segments', 'TCP segments received in error'),
    tcp('tcpOutRsts', 15, 'segments', 'TCP segments sent with the reset flag'),
    udp('udpInDatagrams', 1, 'UDP datagrams delivered'),
    udp('udpNoPorts', 2, 'UDP datagrams for ports nobody listens on'),
    udp('udpInErrors', 3, 'UDP datagrams that could not be delivered for other reasons'),
    udp('udpOutDatagrams', 4, 'UDP datagrams sent'),
    snmp('snmpInPkts', 1, 'SNMP messages received'),
    snmp('snmpInBadVersions', 3, 'SNMP messages of a version not spoken'),
    snmp('snmpInBadCommunityNames', 4, 'SNMP messages with an unknown community'),
    snmp('snmpInASNParseErrs', 6, 'SNMP messages that could not be decoded'),
  ],
  facts: [
    fact('sysDescr', `${MIB2}.1.1.0`, 'Hardware, system and version in words'),
    fact('sysObjectID', `${MIB2}.1.2.0`, "Vendor's identification of the kind of device"),
    fact('sysContact', `${MIB2}.1.4.0`, 'Person to ask'),
    fact('sysName', `${MIB2}.1.5.0`, 'Name the device has been given'),
    fact('sysLocation', `${MIB2}.1.6.0`, 'Where the device stands'),
  ],
};
