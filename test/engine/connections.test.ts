/** Connections between two engines that behave as strongSwan does: what each trait of it comes to on the wire. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Setting, settingOf } from '../../scripts/fidelity/setting.js';
import { createSimulator, type Simulator } from '../../scripts/fidelity/simulation.js';
import type { PairVerdict } from '../../scripts/fidelity/verdict.js';

const kernel = settingOf(['10.99.0.1'], ['10.99.0.2'], 'kernel');
const userspace = settingOf(['10.99.0.1', '10.1.1.5'], ['10.99.0.2', '10.2.1.130'], 'libipsec');

interface Side {
  readonly connection?: string;
  readonly local?: string;
  readonly remote?: string;
  readonly child?: string;
  readonly secrets?: string;
  /** Further connections. */
  readonly more?: string;
}

function swanctl(own: string, peer: string, nets: string, side: Side): string {
  return `connections {
  c {
    local_addrs = ${own}
    remote_addrs = ${peer}
    proposals = aes128-sha256-x25519
    ${side.connection ?? ''}
    local {
      auth = psk
      ${side.local ?? ''}
    }
    remote {
      auth = psk
      ${side.remote ?? ''}
    }
    children { net {
      ${nets}
      ${side.child ?? ''}
    } }
  }
  ${side.more ?? ''}
}
secrets { ${side.secrets ?? 'ike { secret = Plover-Sand-77 }'} }`;
}

const leftNets = 'local_ts = 10.1.0.0/16\n remote_ts = 10.2.0.0/16';
const rightNets = 'local_ts = 10.2.0.0/16\n remote_ts = 10.1.0.0/16';

describe('an IKE SA of connections', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await createSimulator();
  });
  function run(left: Side, right: Side, setting: Setting = kernel): PairVerdict {
    const pair = {
      id: '1',
      left: swanctl('10.99.0.1', '10.99.0.2', left.child?.includes('_ts') ? '' : leftNets, left),
      right: swanctl('10.99.0.2', '10.99.0.1', right.child?.includes('_ts') ? '' : rightNets, right),
    };
    return simulator.judge(pair, setting);
  }
  const sorted = ({ notifies }: PairVerdict) => [...notifies].sort();

  it('comes without a Child SA first where the initiator wants that (RFC 6023)', () => {
    const child = 'esp_proposals = aes128gcm16-ecp256';
    const [first, later] = [run({ child }, { child }), run({ child, connection: 'childless = force' }, { child })];
    expect(first.childSa?.['dh-group']).toBeNull();
    expect(later).toMatchObject({ ike: true, child: true });
    expect(later.childSa?.['dh-group']).toBe('ECP_256');
  });

  it('comes to nothing where the responder has none without a Child SA, and to INVALID_SYNTAX where it takes no others', () => {
    const wants = run({ connection: 'childless = force' }, { connection: 'childless = never' });
    expect(wants).toMatchObject({ ike: false, initiatorTimedOut: false, notifies: [] });
    const demands = run({}, { connection: 'childless = force' });
    expect(demands.ike).toBe(false);
    expect(sorted(demands)).toEqual(['INVALID_SYNTAX', 'INVAL_SYN']);
  });

  it('is that of the connection whose addresses and identities fit best, not of the first', () => {
    const more = `d { remote_addrs = %any
      proposals = aes128-sha256-x25519
      local { auth = psk }
      remote { auth = psk }
      children { net { esp_proposals = aes256gcm16
        ${rightNets} } } }`;
    const vague = run({ local: 'id = a.example.org' }, { more });
    expect(vague.childSa?.['encr-keysize']).toBe('128');
    const named = run({ local: 'id = a.example.org' }, { remote: 'id = b.example.org', more });
    expect(named.childSa?.['encr-keysize']).toBe('256');
  });

  it('is believed by any of the keys that fit', () => {
    const secrets = `ike-1 { secret = Another-Word-9 }
      ike-2 { secret = Plover-Sand-77 }
      ike-3 { secret = Third-Word-3 }`;
    // The responder's own proof is by the last of them, which is not the initiator's.
    expect(sorted(run({}, { secrets }))).toEqual(['AUTH_FAILED']);
    const owned = `ike-1 { secret = Another-Word-9
        id = z.example.org }
      ike-2 { secret = Plover-Sand-77
        id = a.example.org }`;
    expect(run({ local: 'id = a.example.org' }, { secrets: owned }).ike).toBe(true);
  });

  it('ends with its first Child SA where the product says so', () => {
    const [left, right] = [{ child: 'esp_proposals = aes128gcm16' }, { child: 'esp_proposals = aes256gcm16' }];
    expect(run(left, right)).toMatchObject({ ike: true, child: false });
    const setting = { ...kernel, daemon: 'charon { close_ike_on_child_failure = yes }' };
    expect(run(left, right, setting)).toMatchObject({ ike: false, child: false });
  });

  it('of Aggressive Mode with a preshared key is refused unless the responder does not care', () => {
    const connection = 'version = 1\n aggressive = yes';
    const refused = run({ connection }, { connection });
    expect(refused.ike).toBe(false);
    expect(sorted(refused)).toEqual(['AUTHENTICATION_FAILED', 'AUTH_FAILED']);
    const daemon = 'charon { i_dont_care_about_security_and_use_aggressive_mode_psk = yes }';
    expect(run({ connection }, { connection }, { ...kernel, daemon })).toMatchObject({ ike: true, child: true });
  });
});

describe('a Child SA of connections', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await createSimulator();
  });
  const run = (left: Side, right: Side, setting: Setting): PairVerdict =>
    simulator.judge(
      {
        id: '1',
        left: swanctl('10.99.0.1', '10.99.0.2', '', left),
        right: swanctl('10.99.0.2', '10.99.0.1', '', right),
      },
      setting,
    );

  it('has of each list what both ends have, whatever the other list says', () => {
    const verdict = run(
      { child: 'local_ts = 10.1.0.0/16[tcp]\n remote_ts = 10.2.1.0/24,10.2.0.0/16[udp]' },
      { child: 'local_ts = 10.2.0.0/16\n remote_ts = 10.1.0.0/24,10.1.1.0/24[tcp/80]' },
      kernel,
    );
    expect(verdict.childSa).toMatchObject({
      'local-ts': ['10.1.0.0/24[tcp', '10.1.1.0/24[tcp/http'],
      'remote-ts': ['10.2.0.0/16[udp', '10.2.1.0/24'],
    });
  });

  it('becomes a tunnel where the selectors are more than the two hosts', () => {
    const transport = 'mode = transport\n local_ts = 10.99.0.0/24\n remote_ts = 10.99.0.0/24';
    expect(run({ child: transport }, { child: transport }, kernel).childSa?.mode).toBe('TRANSPORT');
    const tunnel = 'local_ts = 10.99.0.0/24\n remote_ts = 10.99.0.0/24';
    expect(run({ child: transport }, { child: tunnel }, kernel).childSa?.mode).toBe('TUNNEL');
  });

  it.each([
    ['transport mode', 'mode = transport\n local_ts = dynamic\n remote_ts = dynamic', 'NO_PROPOSAL_CHOSEN'],
    ['AH', `ah_proposals = sha256\n`, 'NO_PROPOSAL_CHOSEN'],
    ['extended sequence numbers', `esp_proposals = aes128gcm16-esn\n`, 'NO_PROPOSAL_CHOSEN'],
  ])('does not come about on a data path without %s, and does on a kernel', (_, child, notify) => {
    const nets = child.includes('_ts') ? ['', ''] : [leftNets, rightNets];
    const [left, right] = [{ child: `${child}\n${nets[0]}` }, { child: `${child}\n${nets[1]}` }];
    expect(run(left, right, kernel)).toMatchObject({ ike: true, child: true, rekey: true });
    const refused = run(left, right, userspace);
    expect(refused).toMatchObject({ ike: true, child: false });
    expect(refused.notifies).toContain(notify);
  });

  it('of IKEv1 goes again when the responder cannot install it, who finds that out last', () => {
    const connection = 'version = 1';
    const left = { connection, child: 'local_ts = 10.1.0.0/16\n remote_ts = 10.77.0.0/16' };
    const right = { connection, child: 'local_ts = 10.77.0.0/16\n remote_ts = 10.1.0.0/16' };
    expect(run(left, right, kernel)).toMatchObject({ ike: true, child: true });
    // 10.77.0.0/16 holds no address of right, so that it has no route for it.
    expect(run(left, right, userspace)).toMatchObject({ ike: true, child: false, notifies: [] });
  });

  it('of IKEv1 with algorithms that have no number there is refused by the responder', () => {
    const child = 'esp_proposals = chacha20poly1305\n';
    const sides = [{ connection: 'version = 1', child: `${child}${leftNets}` }] as const;
    const verdict = run(sides[0], { connection: 'version = 1', child: `${child}${rightNets}` }, kernel);
    expect(verdict).toMatchObject({ ike: true, child: false });
    expect([...verdict.notifies].sort()).toEqual(['NO_PROP', 'NO_PROPOSAL_CHOSEN']);
  });
});
