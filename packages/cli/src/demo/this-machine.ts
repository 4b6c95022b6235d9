/** Does this machine's own SNMP agent answer? One GET of sysUpTime, and a second to answer it. */
import { createSocket } from 'node:dgram';

const WAIT_MS = 1000;

/** SNMPv2c GET of 1.3.6.1.2.1.1.3.0 with the community `public`, in BER. */
const GET_UPTIME = Buffer.from(
  '302902010104067075626c6963a01c020400000001020100020100300e300c06082b060102010103000500',
  'hex',
);

export async function snmpAnswers(port = 161, address = '127.0.0.1'): Promise<boolean> {
  return new Promise((done) => {
    const socket = createSocket('udp4');
    const end = (answer: boolean): void => {
      clearTimeout(timer);
      socket.close();
      done(answer);
    };
    const timer = setTimeout(() => end(false), WAIT_MS);
    socket.once('message', () => end(true));
    socket.once('error', () => end(false));
    socket.connect(port, address, () => socket.send(GET_UPTIME));
  });
}
