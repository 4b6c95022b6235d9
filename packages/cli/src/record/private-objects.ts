/** Which objects tell whose a device is: what anonymous recordings replace or leave out. */

export type Whose = 'name' | 'contact' | 'place' | 'description' | 'serial' | 'asset' | 'network' | 'user';

/** Objects and columns whose text is replaced, wherever else it turns up, too. */
export const SAYS_WHOSE: readonly (readonly [prefix: string, whose: Whose])[] = [
  ['1.3.6.1.2.1.1.4', 'contact'],
  ['1.3.6.1.2.1.1.5', 'name'],
  ['1.3.6.1.2.1.1.6', 'place'],
  // ifAlias.
  ['1.3.6.1.2.1.31.1.1.1.18', 'description'],
  // entPhysicalSerialNum, entPhysicalAlias, entPhysicalAssetID.
  ['1.3.6.1.2.1.47.1.1.1.1.11', 'serial'],
  ['1.3.6.1.2.1.47.1.1.1.1.14', 'description'],
  ['1.3.6.1.2.1.47.1.1.1.1.15', 'asset'],
  // entLogicalCommunity.
  ['1.3.6.1.2.1.47.1.2.1.1.4', 'user'],
  // LLDP: own name, own and remote port descriptions, neighbours' names and chassis ids that are words.
  ['1.0.8802.1.1.2.1.3.2', 'name'],
  ['1.0.8802.1.1.2.1.3.3', 'name'],
  ['1.0.8802.1.1.2.1.3.7.1.4', 'description'],
  ['1.0.8802.1.1.2.1.4.1.1.5', 'name'],
  ['1.0.8802.1.1.2.1.4.1.1.8', 'description'],
  ['1.0.8802.1.1.2.1.4.1.1.9', 'name'],
  // CDP: neighbours' names; VTP domains; the device's own id.
  ['1.3.6.1.4.1.9.9.23.1.2.1.1.6', 'name'],
  ['1.3.6.1.4.1.9.9.23.1.2.1.1.17', 'name'],
  ['1.3.6.1.4.1.9.9.23.1.3.4', 'name'],
  ['1.3.6.1.4.1.9.2.1.3', 'name'],
  // Virtual machines.
  ['1.3.6.1.4.1.6876.2.1.1.2', 'name'],
  ['1.3.6.1.4.1.6876.2.1.1.3', 'name'],
  // Printer-MIB: serial number, name, who serves it.
  ['1.3.6.1.2.1.43.5.1.1.4', 'contact'],
  ['1.3.6.1.2.1.43.5.1.1.5', 'contact'],
  ['1.3.6.1.2.1.43.5.1.1.16', 'name'],
  ['1.3.6.1.2.1.43.5.1.1.17', 'serial'],
  ['1.3.6.1.2.1.43.9.2.1.11', 'serial'],
  ['1.3.6.1.2.1.43.8.2.1.17', 'serial'],
  // UPS-MIB: name; APC: names, serial numbers; Eaton.
  ['1.3.6.1.2.1.33.1.1.5', 'name'],
  ['1.3.6.1.2.1.33.1.1.6', 'description'],
  ['1.3.6.1.4.1.318.1.1.1.1.1.2', 'name'],
  ['1.3.6.1.4.1.318.1.1.1.1.2.3', 'serial'],
  ['1.3.6.1.4.1.318.1.1.12.1.1', 'name'],
  ['1.3.6.1.4.1.318.1.1.12.1.6', 'serial'],
  ['1.3.6.1.4.1.534.1.1.6', 'serial'],
  // Serial numbers and names by makers: Cisco chassis, old Cisco card table, Airespace, Juniper, Fortinet, Palo Alto,
  // MikroTik, Synology, NetApp, Dell, HPE, Ubiquiti.
  ['1.3.6.1.4.1.9.3.6.3', 'serial'],
  ['1.3.6.1.4.1.9.3.6.11.1.4', 'serial'],
  ['1.3.6.1.4.1.9.5.1.2.17', 'serial'],
  ['1.3.6.1.4.1.9.5.1.2.19', 'serial'],
  ['1.3.6.1.4.1.14179.1.1.1.4', 'serial'],
  ['1.3.6.1.4.1.14179.2.1.1.1.2', 'network'],
  ['1.3.6.1.4.1.14179.2.2.1.1.3', 'name'],
  ['1.3.6.1.4.1.14179.2.2.1.1.17', 'serial'],
  ['1.3.6.1.4.1.2636.3.1.3', 'serial'],
  ['1.3.6.1.4.1.2636.3.1.8.1.7', 'serial'],
  ['1.3.6.1.4.1.12356.100.1.1.1', 'serial'],
  ['1.3.6.1.4.1.12356.101.12.2.2.1.2', 'name'],
  ['1.3.6.1.4.1.12356.101.12.2.2.1.3', 'name'],
  ['1.3.6.1.4.1.12356.101.13.2.1.1.2', 'serial'],
  ['1.3.6.1.4.1.12356.101.13.2.1.1.11', 'name'],
  ['1.3.6.1.4.1.25461.2.1.2.1.3', 'serial'],
  ['1.3.6.1.4.1.14988.1.1.4.1', 'serial'],
  ['1.3.6.1.4.1.14988.1.1.7.3', 'serial'],
  ['1.3.6.1.4.1.14988.1.1.1.3.1.4', 'network'],
  ['1.3.6.1.4.1.6574.1.5.2', 'serial'],
  ['1.3.6.1.4.1.789.1.1.9', 'serial'],
  ['1.3.6.1.4.1.674.10892.5.1.3.1', 'name'],
  ['1.3.6.1.4.1.674.10892.5.1.3.2', 'serial'],
  ['1.3.6.1.4.1.674.10892.5.1.3.3', 'serial'],
  ['1.3.6.1.4.1.674.10892.5.1.3.4', 'asset'],
  ['1.3.6.1.4.1.674.10892.5.1.3.5', 'place'],
  ['1.3.6.1.4.1.232.2.2.2.1', 'serial'],
  ['1.3.6.1.4.1.232.2.2.2.6', 'serial'],
  ['1.3.6.1.4.1.41112.1.4.5.1.2', 'network'],
  ['1.3.6.1.4.1.41112.1.6.1.2.1.6', 'network'],
  ['1.3.6.1.4.1.14823.2.2.1.5.2.1.4.1.3', 'name'],
  ['1.3.6.1.4.1.14823.2.2.1.5.2.1.4.1.6', 'serial'],
];

/** What belongs to others, is a secret, or is an index full of addresses that no template needs. */
export const LEFT_OUT: readonly string[] = [
  // Addresses of others: at, ipRouteTable, ipNetToMediaTable, ipCidrRoute, ipv6 tables, ipAddressPrefix, ipNetToPhysical …
  '1.3.6.1.2.1.3',
  '1.3.6.1.2.1.4.21',
  '1.3.6.1.2.1.4.22',
  '1.3.6.1.2.1.4.24',
  '1.3.6.1.2.1.4.28',
  '1.3.6.1.2.1.4.30',
  '1.3.6.1.2.1.4.32',
  '1.3.6.1.2.1.4.34',
  '1.3.6.1.2.1.4.35',
  '1.3.6.1.2.1.4.36',
  '1.3.6.1.2.1.4.37',
  '1.3.6.1.2.1.55',
  // Connections and listeners.
  '1.3.6.1.2.1.6.13',
  '1.3.6.1.2.1.6.19',
  '1.3.6.1.2.1.6.20',
  '1.3.6.1.2.1.7.5',
  '1.3.6.1.2.1.7.7',
  // Forwarding tables of switches.
  '1.3.6.1.2.1.17.4.3',
  '1.3.6.1.2.1.17.7.1.2',
  // Command lines and paths of processes; times and dates of installed software.
  '1.3.6.1.2.1.25.4.2.1.4',
  '1.3.6.1.2.1.25.4.2.1.5',
  '1.3.6.1.2.1.25.6.3',
  // snmpd: commands it runs, with their output; processes it watches.
  '1.3.6.1.4.1.8072.1.3',
  '1.3.6.1.4.1.2021.8',
  // What a device logs and to whom; Windows' users and shares; Cisco's log, and its command line's history.
  '1.3.6.1.2.1.92',
  '1.3.6.1.4.1.77.1.2',
  '1.3.6.1.4.1.9.9.41',
  '1.3.6.1.4.1.9.9.43',
  // Neighbours' addresses as octets: LLDP management addresses, CDP addresses.
  '1.0.8802.1.1.2.1.3.8',
  '1.0.8802.1.1.2.1.4.2',
  '1.3.6.1.4.1.9.9.23.1.2.1.1.4',
  // SNMP's own: engine ids, users, views, communities, receivers of traps.
  '1.3.6.1.6.3',
  '1.3.6.1.4.1.8072.1.9',
];
