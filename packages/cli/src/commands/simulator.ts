/** `kaiku simulator`: the simulated offices by themselves. */
import { EXIT, type Command } from '../command.ts';
import { UsageError } from '../errors.ts';
import { guardAgainstLostSupervisor } from '../supervise/guard.ts';

export const simulatorCommand: Command = {
  name: 'simulator',
  summary: 'run the simulated offices',
  description: `About 30 devices of three offices as real SNMP agents on loopback addresses (127.x.y.z), with a small HTTP
interface to break them: POST /devices/ID/down, /up, /reboot, /replace, /interfaces/NAME/down, /storage/NAME/fill?percent=95.`,
  options: {
    port: { type: 'number', value: 'PORT', help: 'UDP port of every device (default 16100)' },
    control: { type: 'text', value: 'HOST:PORT', help: 'where failures are ordered (default 127.0.0.1:16180)' },
    voice: {
      type: 'text',
      value: 'AGENT=TRAPS/SYSLOG,...',
      help: 'UDP ports on which agents listen: devices send them traps and syslog',
    },
    anchor: {
      type: 'number',
      value: 'MS',
      help: 'when the demo began, ms since 1970 (default: the beginning of this hour)',
    },
  },
  examples: [
    ['kaiku simulator', 'until Ctrl-C'],
    ['curl -X POST http://127.0.0.1:16180/devices/hel-core-1/down', 'break a device'],
  ],
  stays: true,
  run: async (args) => {
    guardAgainstLostSupervisor();
    const snmpPort = args.number('port');
    const anchorMs = args.number('anchor');
    const controlListen = args.text('control');
    if (snmpPort !== undefined && !(Number.isInteger(snmpPort) && snmpPort > 0 && snmpPort < 65_536)) {
      throw new UsageError(`--port: ${snmpPort} is no port`);
    }
    const receivers = receiversOf(args.text('voice') ?? '');
    const { main } = await import('@kaiku/testkit/main');
    await main({
      receivers,
      ...(snmpPort === undefined ? {} : { snmpPort }),
      ...(controlListen === undefined ? {} : { controlListen }),
      ...(anchorMs === undefined ? {} : { anchorMs }),
    });
    return EXIT.ok;
  },
};

/** @throws UsageError */
function receiversOf(text: string): ReadonlyMap<string, { readonly trapPort: number; readonly syslogPort: number }> {
  const out = new Map<string, { trapPort: number; syslogPort: number }>();
  for (const part of text.split(',').filter(Boolean)) {
    const [, agent = '', traps, syslog] = /^([a-z0-9-]+)=(\d{1,5})\/(\d{1,5})$/.exec(part) ?? [];
    if (agent === '') throw new UsageError(`--voice: "${part}" is not AGENT=PORT/PORT`);
    out.set(agent, { trapPort: Number(traps), syslogPort: Number(syslog) });
  }
  return out;
}
