/** Neighbours of routers: BGP4-MIB (RFC 4273), OSPF-MIB (RFC 4750). Rows are called by the neighbour's address. */
import { counter, fact, gauge, names, state, table, type Section } from '../section.ts';

const BGP = '1.3.6.1.2.1.15.3.1';
const OSPF = '1.3.6.1.2.1.14.10.1';

const PEERS = [
  state('bgpPeerState', `${BGP}.2`, 'Session with a BGP neighbour', {
    1: 'idle',
    2: 'connect',
    3: 'active',
    4: 'open sent',
    5: 'open confirmed',
    6: 'established',
  }),
  state('bgpPeerAdminStatus', `${BGP}.3`, 'Wanted state of the session with a BGP neighbour', {
    1: 'stop',
    2: 'start',
  }),
  counter('bgpPeerInUpdates', 32, 'messages', `${BGP}.10`, 'BGP updates received from a neighbour'),
  counter('bgpPeerOutUpdates', 32, 'messages', `${BGP}.11`, 'BGP updates sent to a neighbour'),
  gauge('bgpPeerFsmEstablishedTime', 's', `${BGP}.16`, 'Time since a BGP session was established or lost'),
];

const NEIGHBOURS = [
  state('ospfNbrState', `${OSPF}.6`, 'Adjacency with an OSPF neighbour', {
    1: 'down',
    2: 'attempt',
    3: 'init',
    4: 'two-way',
    5: 'exchange start',
    6: 'exchange',
    7: 'loading',
    8: 'full',
  }),
  counter('ospfNbrEvents', 32, 'events', `${OSPF}.7`, 'Changes of an OSPF adjacency, and errors'),
];

export const ROUTING: Section = {
  metrics: [...PEERS, ...NEIGHBOURS],
  facts: [fact('bgpPeerRemoteAs', `${BGP}.9`, 'Autonomous system of a BGP neighbour')],
  tables: [
    table('bgpPeer', { metrics: names(PEERS), facts: ['bgpPeerRemoteAs'] }),
    table('ospfNbr', { metrics: names(NEIGHBOURS) }),
  ],
};
