/** Two of our data paths between two namespaces: data really flows, protected, and nothing goes in the clear. */
import { afterEach, describe, expect, it } from 'vitest';
import type { EntryWords, SaWords, SystemWords, TemplateWords } from './lab/description.js';
import {
  inner,
  inner6,
  type Lab,
  makeLab,
  missingForLab,
  other,
  outer,
  outer6,
  type RemoteDataPath,
  type Side,
} from './lab/lab.js';

const missing = missingForLab('ping', 'nft');
let lab: Lab | undefined;

afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

interface Tunnel {
  readonly suite: Pick<TemplateWords, 'protocol' | 'encryption' | 'authentication'>;
  readonly mode?: 'transport' | 'tunnel';
  readonly family?: 4 | 6;
  readonly inUdp?: boolean;
  readonly esn?: boolean;
}

const ends = { 4: outer, 6: outer6 } as const;

function systemOf(side: Side, { suite, mode = 'tunnel', family = 4 }: Tunnel): SystemWords {
  const [local, remote] = [ends[family][side], ends[family][other(side)]];
  const template: TemplateWords = { ...suite, mode, ...(mode === 'tunnel' ? { local, remote } : {}) };
  const entries: EntryWords[] =
    mode === 'tunnel'
      ? [
          { name: 'inside', local: inner[side], remote: inner[other(side)], action: [template] },
          { name: 'inside6', local: inner6[side], remote: inner6[other(side)], action: [template] },
        ]
      : [
          { name: 'host', local: outer[side], remote: outer[other(side)], action: [template] },
          { name: 'host6', local: outer6[side], remote: outer6[other(side)], action: [template] },
        ];
  return {
    name: side,
    addresses: [outer[side], inner[side], outer6[side], inner6[side]],
    spd: [...entries, { name: 'rest', action: 'BYPASS' }],
  };
}

function sasOf(side: Side, { suite, mode = 'tunnel', family = 4, inUdp = false, esn = false }: Tunnel): SaWords[] {
  const families = mode === 'tunnel' ? [family] : ([4, 6] as const);
  return families.flatMap((own) => {
    const about = { ...suite, mode, local: ends[own][side], remote: ends[own][other(side)], inUdp, esn };
    const [sent, received] = side === 'left' ? [100, 200] : [200, 100];
    return [
      { ...about, direction: 'outbound', spi: 0x1000 + sent + own, keySeed: sent + own },
      { ...about, direction: 'inbound', spi: 0x1000 + received + own, keySeed: received + own },
    ] as const;
  });
}

async function connect(tunnel: Tunnel): Promise<{ lab: Lab; paths: Record<Side, RemoteDataPath> }> {
  const made = makeLab();
  lab = made;
  const [left, right] = await Promise.all([made.dataPath('left'), made.dataPath('right')]);
  const paths = { left, right };
  for (const side of ['left', 'right'] as const) {
    await paths[side].start(systemOf(side, tunnel));
    await paths[side].tell({ do: 'install', sas: sasOf(side, tunnel) });
  }
  return { lab: made, paths };
}

describe.skipIf(missing)(`end to end${missing ? ` (skipped: ${missing})` : ''}`, () => {
  it.each<[string, Tunnel]>([
    ['a tunnel in UDP, AES-GCM', { suite: { encryption: 'AES-GCM-16-128' }, inUdp: true, esn: true }],
    [
      'a tunnel right on IP, AES-CBC with SHA-1',
      { suite: { encryption: 'AES-CBC-128', authentication: 'HMAC-SHA1-96' } },
    ],
    [
      'a tunnel over IPv6 in UDP, ChaCha20-Poly1305',
      { suite: { encryption: 'CHACHA20-POLY1305' }, inUdp: true, family: 6 },
    ],
    ['a tunnel over IPv6, 3DES', { suite: { encryption: '3DES-CBC', authentication: 'HMAC-MD5-96' }, family: 6 }],
    ['transport mode in UDP, AES-GCM', { suite: { encryption: 'AES-GCM-16-256' }, mode: 'transport', inUdp: true }],
    [
      'transport mode, AES-CTR',
      { suite: { encryption: 'AES-CTR-128', authentication: 'HMAC-SHA2-256-128' }, mode: 'transport', esn: true },
    ],
    ['AH in transport mode', { suite: { protocol: 'AH', authentication: 'HMAC-SHA2-256-128' }, mode: 'transport' }],
    ['AH in tunnel mode', { suite: { protocol: 'AH', authentication: 'HMAC-SHA1-96' } }],
  ])('%s: ping, TCP, large UDP, both IP versions', async (_, tunnel) => {
    const { lab, paths } = await connect(tunnel);
    const [there, there6] = tunnel.mode === 'transport' ? [outer.right, outer6.right] : [inner.right, inner6.right];
    for (const target of [there, there6]) {
      expect(lab.run('left', 'ping', '-c', '3', '-i', '0.05', '-W', '2', target)).toContain(' 0% packet loss');
    }
    // Larger than the device: in fragments, before protection.
    expect(lab.run('left', 'ping', '-c', '2', '-i', '0.05', '-W', '2', '-s', '6000', there)).toContain(
      ' 0% packet loss',
    );
    const all = { received: 3_000_000, isSame: true };
    for (const target of [there, there6]) {
      expect(await lab.transfer({ side: 'right', address: target }, all.received)).toEqual(all);
    }
    const datagrams = { received: 400_000, isSame: true };
    expect(await lab.transfer({ side: 'right', address: there }, datagrams.received, 4000)).toEqual(datagrams);
    for (const side of ['left', 'right'] as const) {
      const totals = await paths[side].totals();
      expect(totals.dropped).toEqual({});
      expect(totals.bypassed).toBe(0);
      await paths[side].tell({ do: 'stop' });
      expect(lab.run(side, 'ip', 'rule')).not.toContain('4500');
      expect(lab.run(side, 'nft', 'list', 'ruleset')).toBe('');
    }
  });
});
