/** Sockets of IKE on a host whose policies stop everything: with a bypass of their own they are heard, without one they are not. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundle } from '../../support/bundle.js';
import { folderWith } from '../../support/folder.js';
import { ends, makeNamespaces, type Namespaces, namespacesMissing } from '../../support/netns.js';

const missing = namespacesMissing();
if (missing !== undefined) console.log(`skipped: ${missing}`);

/** Blocks every packet but neighbour discovery, which IPv6 cannot do without. */
const closed = ['in', 'out'].flatMap((direction) => [
  `policy add src ::/0 dst ::/0 proto ipv6-icmp dir ${direction} priority 1`,
  `policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir ${direction} priority 2 action block`,
  `policy add src ::/0 dst ::/0 dir ${direction} priority 2 action block`,
]);

const asking = `
const [address, port] = process.argv.slice(1);
const socket = require('node:dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4');
socket.on('message', () => { console.log('heard'); process.exit(0); });
socket.on('error', () => {});
setInterval(() => socket.send(Buffer.alloc(40, 1), Number(port), address, () => {}), 50);
setTimeout(() => { console.log('silence'); process.exit(0); }, 1500);
`;

describe.skipIf(missing !== undefined)('a socket of IKE', () => {
  let namespaces: Namespaces;
  let program: string;

  beforeEach(async () => {
    program = await bundle('test/support/programs/udp-echo.ts');
    namespaces = makeNamespaces();
    const batch = path.join(folderWith({}), 'batch');
    writeFileSync(batch, closed.map((line) => `xfrm ${line}\n`).join(''));
    namespaces.run('right', 'ip', '-batch', batch);
  });
  afterEach(() => namespaces?.remove());

  it.each([
    ['IPv4', 'bypass', ends.right.outer4, 'heard'],
    ['IPv4', 'plain', ends.right.outer4, 'silence'],
    ['IPv6', 'bypass', ends.right.outer6, 'heard'],
    ['IPv6', 'plain', ends.right.outer6, 'silence'],
  ])('over %s, %s', async (_family, kind, address, outcome) => {
    const echo = namespaces.start('right', [process.execPath, program, address, '500', kind], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((ready) => echo.stdout?.once('data', () => ready()));
    expect(namespaces.run('left', process.execPath, '-e', asking, address, '500').trim()).toBe(outcome);
  });
});
