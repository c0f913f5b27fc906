/** What is not simulated is no failure of anybody, and what is left to the peer or to an operator is none either. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { dryRun } from '../../support/dry-run.js';
import { folderWith } from '../../support/folder.js';

interface Connection {
  readonly connection?: string;
  readonly local?: string;
  readonly remote?: string;
  readonly more?: string;
  readonly child?: string;
  readonly secret?: string;
}

const key = 'Some_Long_Key_With_Entropy_7';

function swanctl(own: string, peer: string, options: Connection): string {
  const { connection = '', local = 'auth = psk', remote = 'auth = psk', more = '', child = '', secret = key } = options;
  return `connections {
  gw {
    version = 2
    local_addrs = ${own}
    remote_addrs = ${peer}
    ${connection}
    local { ${local} }
    remote { ${remote} }
    ${more}
    children {
      net {
        start_action = trap
        ${child}
      }
    }
  }
}
secrets {
  ike { secret = "${secret}" }
}
`;
}

async function run(a: Connection, b: Connection) {
  const [left, right] = ['192.0.2.10', '198.51.100.20'] as const;
  const folder = folderWith({
    'a/swanctl.conf': swanctl(left, right, a),
    'b/swanctl.conf': swanctl(right, left, b),
  });
  const files = ['a', 'b'].map((name) => path.join(folder, name, 'swanctl.conf'));
  return dryRun(files, { initiator: 'A', suggest: false });
}

describe('authentication that is not simulated', () => {
  it.each([
    [
      'EAP',
      { local: 'auth = eap-mschapv2', remote: 'auth = psk' },
      { local: 'auth = psk', remote: 'auth = eap-mschapv2' },
      "connection 'gw' of a authenticates by EAP, which is not simulated",
    ],
    [
      'a further round',
      { more: 'local-2 { auth = pubkey\n round = 2 }' },
      { more: 'remote-2 { auth = pubkey\n round = 2 }' },
      /^connection 'gw' of a authenticates by \S+ in a further round, which is not simulated$/,
    ],
  ])('%s leaves the answer open', async (_, a, b, why) => {
    const document = await run(a, b);
    expect(document.runs[0]!.verdict).toMatchObject({ word: 'undecided', good: false });
    expect(document.runs[0]!.verdict.text).toMatch(why);
    expect(document.good).toBe(false);
  });

  it('does not hide what fails before it', async () => {
    const document = await run(
      { local: 'auth = eap-mschapv2', connection: 'proposals = aes256-sha256-modp2048' },
      { remote: 'auth = eap-mschapv2', connection: 'proposals = aes256-sha256-ecp256' },
    );
    expect(document.runs[0]!.verdict).toMatchObject({ word: 'fails', step: 'IKE proposals' });
  });
});

describe('addresses from the peer', () => {
  const asking = { connection: 'vips = 0.0.0.0' };

  it.each([
    ['by Mode Config leave the answer open', 'version = 1', 'asks its peer for an address by Mode Config (IKEv1)'],
    ['that a DHCP server has, too', 'pools = dhcp', "of b has its addresses from 'dhcp'"],
  ])('%s', async (_, connection, why) => {
    const version = connection.startsWith('version') ? `\n${connection}` : '';
    const document = await run({ connection: `${asking.connection}${version}` }, { connection });
    expect(document.runs[0]!.verdict).toMatchObject({ word: 'undecided', good: false });
    expect(document.runs[0]!.verdict.text).toContain(why);
  });

  it('are the first of pools that nobody has had an address of', async () => {
    const document = await run(
      { ...asking, child: 'remote_ts = 198.51.100.20' },
      { connection: 'pools = dhcp', child: 'local_ts = 198.51.100.20' },
    );
    expect(document.assumptions).toContainEqual(
      expect.stringMatching(/^nobody has an address of the pools of connection 'gw' of b yet/),
    );
  });
});

describe('a postquantum preshared key', () => {
  it('that the peer lacks leaves the answer open where it is demanded', async () => {
    const document = await run({ connection: 'ppk_id = one\n ppk_required = yes' }, {});
    expect(document.runs[0]!.verdict).toMatchObject({
      word: 'undecided',
      text: "connection 'gw' of a demands a postquantum preshared key (RFC 8784), connection 'gw' of b has none, which is not simulated",
    });
  });

  it('that both have is said to be assumed', async () => {
    const ppk = { connection: 'ppk_id = one\n ppk_required = yes' };
    const document = await run(ppk, ppk);
    expect(document.runs[0]!.verdict.word).toBe('works');
    expect(document.assumptions).toContain(
      "the postquantum preshared key of connection 'gw' of a is the one of its peer; it is not mixed in (RFC 8784)",
    );
  });

  it('is not spoken of where nobody has one', async () => {
    expect((await run({}, {})).assumptions.filter((text) => /postquantum|addresses/.test(text))).toEqual([]);
  });
});

describe('a child that packets do not start', () => {
  it('is started by hand, and that is said', async () => {
    const document = await run({ child: 'start_action = none' }, {});
    expect(document.good).toBe(true);
    expect(document.assumptions[0]).toBe("child 'gw.net' of a is started by hand, as packets do not start it");
  });

  it('fails for what it fails for, and not because of that', async () => {
    const document = await run({ child: 'start_action = none' }, { secret: 'Another_Key_With_Entropy_8' });
    expect(document.runs[0]!.verdict).toMatchObject({
      word: 'fails',
      step: 'authentication',
      text: "connection 'gw' of a and connection 'gw' of b have different preshared keys",
    });
  });
});

describe('the mode that two of strongSwan agree on', () => {
  // child_create.c: the mode is tunnel unless the responder sends USE_TRANSPORT_MODE back, and policies are made as the SA is.
  it.each([
    ['transport', 'tunnel'],
    ['tunnel', 'transport'],
  ])('%s asked of one that has %s is tunnel mode, and carries the packets', async (a, b) => {
    const document = await run({ child: `mode = ${a}` }, { child: `mode = ${b}` });
    expect(document.runs[0]!.chosen.children.map(({ mode }) => mode)).toEqual(['tunnel']);
    expect(document.runs[0]!).toMatchObject({
      verdict: { word: 'works' },
      warnings: [],
      traffic: { inTheClear: 0, acceptsClear: [], unmatched: [] },
    });
    const { sent, arrived } = document.runs[0]!.traffic;
    expect(arrived).toBe(sent);
  });
});

describe('a packet', () => {
  const pair = [path.join('examples', 'host-to-host')];

  it('that belongs to neither system is refused, with what they have', async () => {
    const { parsePacket } = await import('../../../src/model/parse-packet.js');
    const packet = parsePacket('tcp 10.9.9.9:1 > 10.8.8.8:2', 'outbound');
    if ('error' in packet) throw new Error(packet.error);
    await expect(dryRun(pair, { packet })).rejects.toMatchObject({
      message: 'neither end of the packet, 10.9.9.9 and 10.8.8.8, belongs to alpha or beta',
      hints: [expect.stringMatching(/^alpha has 192\.0\.2\.10; beta has 198\.51\.100\.20\./)],
    });
  });

  it('without ports is sent with the ports that it is shown with', async () => {
    const { parsePacket } = await import('../../../src/model/parse-packet.js');
    const packet = parsePacket('tcp 192.0.2.10 > 198.51.100.20', 'outbound');
    if ('error' in packet) throw new Error(packet.error);
    const document = await dryRun(pair, { packet, initiator: 'A', untilMillis: 1000 });
    expect(document.runs[0]!.packet).toBe('TCP 192.0.2.10:49152 > 198.51.100.20:443');
    expect(document.runs[0]!.messages.find(({ phase }) => phase === 'traffic')?.text).toMatch(
      /^TCP 192\.0\.2\.10:49152 > 198\.51\.100\.20:443/,
    );
  });

  it('of one family needs a NAT of that family', async () => {
    await expect(dryRun(pair, { faults: { nat: ['A=2001:db8::1'] } })).rejects.toThrow(
      'a NAT to 2001:db8::1 does nothing for alpha, which has IPv4 addresses alone',
    );
  });
});

it('assumptions are those of the systems that met', async () => {
  const host = (name: string) => path.join('examples', 'site', 'hosts', name);
  const document = await dryRun([host('hq'), host('branch')], { further: [host('lab')], untilMillis: 1000 });
  expect(document.assumptions).toEqual([
    expect.stringMatching(
      /^the preshared keys of auth 'branch' of hq and auth 'hq' of branch are the same \(.* on both\)$/,
    ),
  ]);
});
