/**
 * Writes scripts of setkey(8): policies in the order of their look-up, which counts where kernels know no priorities, with the
 * numbers that Linux goes by; and SAs with manual keys in a file of their own.
 */
import { formatAddress } from '../../model/address.js';
import {
  type HostPolicy,
  type HostSa,
  type HostSelector,
  type HostTemplate,
  policyKey,
} from '../../model/host-state.js';
import { hasPorts, hasTypes, protocolNumbers } from '../../model/packet.js';
import type { Secret } from '../../model/secret.js';
import { SourceText } from '../../model/span.js';
import type { SystemConfig } from '../../model/system-config.js';
import { protocolWord } from '../common/selectors.js';
import { type DialectWriting, type Loss, noFiles, type WriteOptions } from '../dialect.js';
import { setkeyCipherOf, setkeyHashOf } from '../xfrm/algorithms.js';
import { unwritten } from '../xfrm/ip-write.js';
import { kernelLosses } from '../xfrm/kernel-losses.js';
import { planKernel, portsOfMask } from '../xfrm/plan.js';
import { readSetkey } from './setkey-read.js';

/** Numbers of priorities go down from here; the higher one is looked at first. */
const priorityFirst = 1_000_000;

/** Writes a configuration. */
export function writeSetkey(config: SystemConfig, { baseName }: WriteOptions): DialectWriting {
  const plan = planKernel(config);
  const losses: Loss[] = [...plan.losses];
  const manual = new Set(plan.sas.map(({ reqid }) => reqid));
  const ranks = new Map<number, number>();
  const incoming = new Set(plan.policies.flatMap((policy) => (policy.direction === 'in' ? [forwardKey(policy)] : [])));
  const statements = plan.policies.flatMap((policy) => {
    // Setkey puts a policy for `in` in for `fwd` too.
    if (policy.direction === 'fwd' && incoming.has(forwardKey(policy))) return [];
    if (!ranks.has(policy.priority)) ranks.set(policy.priority, ranks.size);
    const written = policyStatements(policy, priorityFirst - ranks.get(policy.priority)!, manual);
    if (typeof written !== 'string') return written;
    losses.push(written === 'marks' ? marked(policy) : unwritten(policy));
    return [];
  });
  const sas = plan.sas.flatMap((sa) => {
    const statement = saStatement(sa);
    if (statement !== undefined) return [statement];
    losses.push({
      effect: 'packets',
      message: `${sa.record?.name ?? 'an SA'}: setkey has no word for the algorithms of the SA with SPI ${sa.spi}`,
    });
    return [];
  });
  const text = ['spdflush;', ...statements].map((line) => `${line}\n`).join('');
  const keys = sas.length > 0 ? ['flush;', ...sas].map((line) => `${line}\n`).join('') : '';
  const reading = readSetkey({
    name: baseName,
    sources: [new SourceText('setkey.conf', text), ...(keys === '' ? [] : [new SourceText('setkey.keys', keys)])],
    files: noFiles,
    addresses: config.addresses,
  });
  return {
    files: [
      { path: 'setkey.conf', text, isSecret: false },
      ...(keys === '' ? [] : [{ path: 'setkey.keys', text: keys, isSecret: true }]),
    ],
    losses: [...losses, ...kernelLosses(config, reading, plan.explained)],
  };
}

function forwardKey(policy: HostPolicy): string {
  return policyKey({ ...policy, direction: 'fwd' });
}

function marked({ record }: HostPolicy): Loss {
  return {
    effect: 'packets',
    message: `${record?.name ?? 'a policy'}: setkey knows no marks and no XFRM interfaces: the packets are dropped`,
  };
}

/** Statements for each port that a mask stands for, or what they have no word for. */
function policyStatements(
  policy: HostPolicy,
  priority: number,
  manual: ReadonlySet<number>,
): readonly string[] | 'ports' | 'marks' {
  const { direction, selector, action, templates, mark, ifId } = policy;
  if (mark.mask !== 0 || ifId !== 0) return 'marks';
  const heads = selectorWords(selector);
  if (!heads) return 'ports';
  const requests = templates.map((template) => request(template, manual));
  const does = action === 'block' ? 'discard' : requests.length === 0 ? 'none' : `ipsec ${requests.join(' ')}`;
  return heads.map((head) => `spdadd ${head} -P ${direction} prio ${priority} ${does};`);
}

function selectorWords(selector: HostSelector): readonly string[] | undefined {
  const { family, protocol } = selector;
  const source = `${formatAddress(family, selector.source)}/${selector.sourcePrefix}`;
  const destination = `${formatAddress(family, selector.destination)}/${selector.destinationPrefix}`;
  if (protocol === 0) return [`${source} ${destination} any`];
  const word = namedProtocols.has(protocol) ? protocolWord(protocol) : String(protocol);
  const first = portsOfMask(selector.sourcePort, selector.sourcePortMask);
  const second = portsOfMask(selector.destinationPort, selector.destinationPortMask);
  if (!first || !second) return undefined;
  const all = <T>(ports: readonly number[] | 'any', of: (port: number | undefined) => T): readonly T[] =>
    ports === 'any' ? [of(undefined)] : ports.map(of);
  if (hasTypes(protocol)) {
    // They travel in the places of ports, where 0 stands for any; and a type alone leaves the code to chance.
    if (first !== 'any' && first.includes(0)) return undefined;
    return all(first, (type) => type).flatMap((type) =>
      all(second, (code) => code ?? 0).map((code) => {
        const message = type === undefined ? '' : ` ${type},${code}`;
        return `${source} ${destination} ${word}${message}`;
      }),
    );
  }
  if (!hasPorts(protocol)) return [`${source} ${destination} ${word}`];
  const bracket = (port: number | undefined) => (port === undefined ? '' : `[${port}]`);
  return all(first, bracket).flatMap((from) =>
    all(second, bracket).map((to) => `${source}${from} ${destination}${to} ${word}`),
  );
}

const namedProtocols: ReadonlySet<number> = new Set([
  protocolNumbers.TCP,
  protocolNumbers.UDP,
  protocolNumbers.ICMP,
  protocolNumbers.ICMPV6,
]);

function request(template: HostTemplate, manual: ReadonlySet<number>): string {
  const { protocol, mode, family, source, destination, reqid, optional } = template;
  const ends = mode === 'tunnel' ? `${formatAddress(family, source)}-${formatAddress(family, destination)}` : '';
  const level = optional ? 'use' : manual.has(reqid) ? `unique:${reqid}` : 'require';
  return `${protocol === protocolNumbers.ESP ? 'esp' : 'ah'}/${mode}/${ends}/${level}`;
}

function saStatement(sa: HostSa): string | undefined {
  const { source, destination, protocol, spi, reqid, mode, replayWindow, encryption, authentication } = sa;
  const isEsp = protocol === protocolNumbers.ESP;
  const words = [
    `add ${formatAddress(source.family, source.value)} ${formatAddress(destination.family, destination.value)}`,
    `${isEsp ? 'esp' : 'ah'} 0x${spi.toString(16)} -m ${mode} -u ${reqid}`,
  ];
  // Octets of a bit map.
  if (replayWindow > 0) words.push(`-r ${Math.ceil(replayWindow / 8)}`);
  if (isEsp) {
    const word = encryption && setkeyCipherOf(encryption.name);
    if (encryption && word === undefined) return undefined;
    words.push(`-E ${word ?? 'null'}${encryption ? hex(encryption.key) : ''}`);
  }
  if (authentication) {
    const word = setkeyHashOf(authentication.name, authentication.truncatedBits);
    if (word === undefined) return undefined;
    words.push(`-A ${word}${hex(authentication.key)}`);
  }
  return `${words.join(' ')};`;
}

/** A key of no octets is left out. */
function hex(key: Secret): string {
  const digits = [...key.reveal()].map((octet) => octet.toString(16).padStart(2, '0')).join('');
  return digits === '' ? '' : ` 0x${digits}`;
}
