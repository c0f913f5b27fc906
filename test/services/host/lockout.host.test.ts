/** The guard against locking oneself out, with a real session, a real terminal's connection and a real default route. */
import { spawn } from 'node:child_process';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { endProcess, namespacesMissing } from '../../support/netns.js';
import { builtPrograms, type RealHost, realHost } from './real-host.js';

const missing = namespacesMissing();
if (missing !== undefined) console.log(`the guard against locking oneself out: skipped, ${missing}`);

describe.skipIf(missing !== undefined)('on a real host', () => {
  let host: RealHost;

  beforeAll(async () => {
    await builtPrograms();
  }, 300_000);

  beforeEach(async () => {
    host = await realHost();
  });

  afterEach(() => host?.remove());

  it('refuses what would cut the session that it is run from', async () => {
    const closed = host.records('add host default -action DISCARD\n');
    const ssh = ['env', 'SSH_CONNECTION=192.0.2.7 50000 192.0.2.1 22'];
    const refused = await host.ipsec(['apply', closed, '--auto-approve'], ssh);
    expect(refused).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('cut off the SSH session from 192.0.2.7'),
    });
    expect(host.policies()).toEqual([]);
    expect((await host.ipsec(['apply', closed, '--auto-approve', '--allow-lockout'], ssh)).code).toBe(0);
  });

  it('refuses what would cut a connection of the terminal, whatever program serves it', async () => {
    const peer = await realHost();
    try {
      host.namespace.shell(`ip link add wire type veth peer name wire netns ${peer.namespace.name}
        ip addr add 10.0.0.1/8 dev wire; ip link set wire up`);
      peer.namespace.shell('ip addr add 10.0.0.2/8 dev wire; ip link set wire up');
      const code = "require('node:net').createServer().listen(2222, '10.0.0.2', () => console.log('up'))";
      const server = spawn('ip', ['netns', 'exec', peer.namespace.name, process.execPath, '-e', code]);
      try {
        await new Promise((up) => server.stdout.once('data', up));
        const closed = host.records(
          'add host all -source 10.0.0.1 -destination 10.0.0.0/8 -priority 1 -action DISCARD\n',
        );
        // The shell holds the connection, as the program does that a terminal is served by.
        const terminal = ['bash', '-c', 'exec 3<>/dev/tcp/10.0.0.2/2222; "$@"; exit $?', 'terminal'];
        const refused = await host.ipsec(['apply', closed, '--auto-approve'], terminal);
        expect(refused).toMatchObject({
          code: 4,
          stderr: expect.stringMatching(/cut off the connection with 10\.0\.0\.2 of process \d+/),
        });
        expect(host.policies()).toEqual([]);
        expect((await host.ipsec(['apply', closed, '--auto-approve'])).code).toBe(0);
        // Going back from it lets the connection pass again, and going forward once more would cut it.
        expect((await host.ipsec(['rollback', '--auto-approve'], terminal)).code).toBe(0);
        const again = await host.ipsec(['rollback', '--auto-approve'], terminal);
        expect(again).toMatchObject({ code: 4, stderr: expect.stringContaining('cut off the connection') });
      } finally {
        await endProcess(server);
      }
    } finally {
      peer.remove();
    }
  });

  it('refuses what would hide the next hop of the default route', async () => {
    host.namespace.shell(`sysctl -qw net.ipv6.conf.all.disable_ipv6=0
      ip link add wire type veth peer name other; ip link set other up; ip link set wire up
      ip -6 route add default via fe80::1 dev wire`);
    const deaf = host.records(
      'add host nd -source 0::0/0 -destination 0::0/0 -protocol ICMPV6 -src_icmpv6_type 135,136 -dst_icmpv6_type 135,136 -priority 1 -action DISCARD\n',
    );
    const refused = await host.ipsec(['apply', deaf, '--auto-approve']);
    expect(refused).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('the neighbour fe80::1 on wire, next hop of the default route'),
    });
    expect(host.policies()).toEqual([]);
    // Discarding everything else leaves the finding of neighbours alone.
    const closed = host.records('add host default -action DISCARD\n');
    expect((await host.ipsec(['apply', closed, '--auto-approve'])).code).toBe(0);
  });
});
