/**
 * The policies that charon installs in the kernel as it loads a configuration, against the SPD that is read from it: random
 * children, and for packets at the edges of their selectors the same child must win. The kernel needs no ESP for that.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.js';
import { flowOf, lookUp } from '../../src/backends/xfrm/lookup.js';
import { strongswan } from '../../src/dialects/strongswan/dialect.js';
import type { HostPolicy } from '../../src/model/host-state.js';
import type { Packet } from '../../src/model/packet.js';
import { explainPacket } from '../../src/model/query.js';
import { formatBox } from '../../src/model/selector/format-box.js';
import { type Random, randomPacket, seededRandom } from '../../src/model/selector/sampling.js';
import { type Charon, charonMissing, startCharon } from '../support/charon.js';
import { readDialect } from '../support/dialects.js';
import { namespacesMissing } from '../support/netns.js';
import { type OneNamespace, oneNamespace } from '../support/one-namespace.js';

const missing = charonMissing() ?? namespacesMissing();
if (missing) console.warn(`charon's policies are not compared: ${missing}`);

const seed = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 1e9));
const configurations = 12;
const childrenEach = 24;
const packetsEach = 1_500;

function pick<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)]!;
}

function selector(random: Random): string {
  const addresses = pick(
    [
      '10.0.0.0/8',
      '10.1.0.0/16',
      '10.1.0.0/24',
      '10.1.0.1-10.1.0.9',
      '10.1.0.7',
      '0.0.0.0/0',
      'dynamic',
      '10.1.0.0-10.1.1.255',
    ],
    random,
  );
  const ports = ['22', '80', '1000-2000', '1024-2047', '0-1023', '21-22', '65535', '4500'];
  const types = ['8', '0', '769', '2048-2303', '2048-2559', '3'];
  switch (Math.floor(random() * 6)) {
    case 0:
      return `${addresses}[tcp/${pick(ports, random)}]`;
    case 1:
      return `${addresses}[udp]`;
    case 2:
      return `${addresses}[icmp/${pick(types, random)}]`;
    case 3:
      return `${addresses}[any/${pick(['80', '0', '1024-2047'], random)}]`;
    default:
      return addresses;
  }
}

/** Children with an interface each as a mark of which they are would change what they select: their mode and reqid tell. */
function configuration(random: Random): string {
  const anywhere = Array.from({ length: 4 }, (_, at) => childText(`w${at}`, 200 + at, random, ['transport'])).join(
    '\n      ',
  );
  const modes = ['tunnel', 'tunnel', 'tunnel', 'transport', 'pass', 'drop'];
  const children = Array.from({ length: childrenEach }, (_, at) => childText(`n${at}`, 100 + at, random, modes));
  return `connections {
  c {
    local_addrs = 198.18.0.1
    remote_addrs = 198.18.0.2
    local { auth = psk
    }
    remote { auth = psk
    }
    children {
      ${children.join('\n      ')}
    }
  }
  w {
    local_addrs = 198.18.0.1
    remote_addrs = 10.1.0.0/16
    local { auth = psk
    }
    remote { auth = psk
    }
    children {
      ${anywhere}
    }
  }
}
`;
}

function childText(name: string, reqid: number, random: Random, modes: readonly string[]): string {
  const list = () => Array.from({ length: 1 + Math.floor(random() * 2) }, () => selector(random)).join(', ');
  const mode = pick(modes, random);
  const manual = random() < 0.2 ? `priority = ${pick([1000, 2000], random)}` : '';
  return `${name} {
        local_ts = ${list()}
        remote_ts = ${list()}
        mode = ${mode}
        ${manual}
        ${mode === 'pass' || mode === 'drop' ? '' : `reqid = ${reqid}`}
        start_action = trap
      }`;
}

/** What a policy of the kernel does, and for which child. */
function kernelWord(policy: HostPolicy | undefined): string {
  if (!policy) return 'BYPASS';
  const [template] = policy.templates;
  if (!template) return policy.action === 'block' ? 'DISCARD' : 'BYPASS';
  const { reqid } = template;
  return `PROTECT ${reqid < 200 ? `c.n${reqid - 100}` : `w.w${reqid - 200}`} at ${policy.priority}`;
}

describe.skipIf(missing)(`charon's policies in the kernel${missing ? ` (${missing})` : ''}`, () => {
  let host: OneNamespace;
  let backend: Backend;

  beforeAll(async () => {
    host = await oneNamespace();
    host.shell(
      'ip link add wire type veth peer name far; ip link set wire up; ip link set far up; ip addr add 198.18.0.1/24 dev wire',
    );
    backend = await host.backend();
  });
  afterAll(() => host?.remove());

  async function policiesOf(text: string): Promise<readonly HostPolicy[]> {
    const charon: Charon = await startCharon(host, 'left', { swanctl: text, dataPath: 'kernel' });
    try {
      return (await backend.read()).policies;
    } finally {
      await charon.stop();
    }
  }

  it.each(Array.from({ length: configurations }, (_, at) => seed + at))(
    'are those that are read (FC_SEED=%i)',
    async (own) => {
      const random = seededRandom(own);
      const text = configuration(random);
      const policies = await policiesOf(text);
      expect(policies.length).toBeGreaterThan(childrenEach);
      const { config } = readDialect(strongswan, text, { path: 'swanctl.conf' });
      const entries = config.spd.filter(({ source }) => source.record.kind !== 'builtin');
      const boxes = entries.flatMap(({ selectors, action }) => [
        ...selectors,
        ...(action.kind === 'PROTECT' ? action.bundle.flatMap((template) => template.selectors) : []),
      ]);
      const said: string[] = [];
      for (let count = 0; count < packetsEach && said.length < 10; count += 1) {
        const packet: Packet = { ...nearby(randomPacket(pick(boxes, random), random), random), direction: 'outbound' };
        if (packet.protocol === 17 && [500, 4500].includes(packet.localPort ?? 0)) continue;
        const real = kernelWord(lookUp(policies, flowOf(packet, 'out')));
        const { spd } = explainPacket(config, packet);
        const { action, source, priority } = spd.found!;
        const ours =
          action.kind === 'PROTECT'
            ? `PROTECT ${source.record.name} at ${priority!.value + trapStep(priority!.origin.kind)}`
            : action.kind;
        if (real !== ours)
          said.push(
            `${JSON.stringify(packet)}: ${real}, we ${ours} (${spd.found!.selectors.map(formatBox).join(' | ')})`,
          );
      }
      expect(said, `${text}\n${said.join('\n')}`).toEqual([]);
    },
  );
});

/** Policies of a child whose SA is not there yet come one behind those of one whose SA is. */
function trapStep(kind: string): number {
  return kind === 'automatic' ? 1 : 0;
}

/** The packet, or one a step beside it. */
function nearby(packet: Packet, random: Random): Packet {
  const step = () => pick([0, 0, 0, 1, -1, 16], random);
  const port = (value: number | undefined) =>
    value === undefined ? {} : { value: Math.min(65_535, Math.max(0, value + step())) };
  const [local, remote] = [port(packet.localPort).value, port(packet.remotePort).value];
  return {
    ...packet,
    local: packet.family === 4 ? Math.min(0xffff_ffff, Math.max(0, Number(packet.local) + step())) : packet.local,
    ...(local === undefined ? {} : { localPort: local }),
    ...(remote === undefined ? {} : { remotePort: remote }),
  };
}
