/** More known devices than the kernel takes into its program, as on kernels before 6.8: a namespace of its own has that limit. */
import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Of the system; not of our packages. */
const UNSHARE = 'unshare';
const OLD_LIMIT_BYTES = 20_480;
const LIMIT = '/proc/sys/net/core/optmem_max';
const limited = `echo ${OLD_LIMIT_BYTES} > ${LIMIT}`;
const allowed = spawnSync(UNSHARE, ['-rn', 'sh', '-c', limited]).status === 0;
const DATAGRAMS = new URL('datagrams.ts', import.meta.url).href;
const ADDRESSES = 5000;

const SCRIPT = `
  import { createSocket } from 'node:dgram';
  const { listenDatagrams } = await import('${DATAGRAMS}');
  const opened = await listenDatagrams({ host: '127.0.0.1', port: 5140 }, (bytes) => {
    process.stdout.write(bytes);
    process.exit(0);
  });
  opened.setKnown(Array.from({ length: ${ADDRESSES} }, (_, index) => \`10.0.\${index >> 8}.\${index & 255}\`));
  createSocket('udp4').send('heard', 5140, '127.0.0.1');
`;

test.skipIf(!allowed)(
  'too many known devices are no reason to hear nobody (unshare, a limit of its own needed)',
  () => {
    const node = [process.execPath, '--input-type=module', '-e', SCRIPT];
    const inside = ['sh', '-c', `${limited} && ip link set lo up && exec "$@"`, 'sh', ...node];
    expect(execFileSync(UNSHARE, ['-rn', ...inside], { encoding: 'utf8' })).toBe('heard');
  },
);
