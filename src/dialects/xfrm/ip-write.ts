/** Writes batches for `ip -batch`: policies, and SAs with their keys in a file of their own. */
import { type Family, formatAddress } from '../../model/address.js';
import type { HostPolicy, HostSa, HostSelector } from '../../model/host-state.js';
import { hasPorts, hasTypes, protocolNumbers } from '../../model/packet.js';
import type { Secret } from '../../model/secret.js';
import { SourceText } from '../../model/span.js';
import type { SystemConfig } from '../../model/system-config.js';
import { type DialectWriting, type Loss, noFiles, type WriteOptions } from '../dialect.js';
import { readXfrm } from './ip-read.js';
import { kernelLosses } from './kernel-losses.js';
import { planKernel, portsOfMask } from './plan.js';

/** Writes a configuration. */
export function writeXfrm(config: SystemConfig, { baseName }: WriteOptions): DialectWriting {
  const plan = planKernel(config);
  const losses: Loss[] = [...plan.losses];
  const lines = plan.policies.flatMap((policy) => {
    const written = policyLines(policy);
    if (written) return written;
    losses.push(unwritten(policy));
    return [];
  });
  const policies = lines.map((line) => `${line}\n`).join('');
  const states = plan.sas.map((sa) => `${stateLine(sa)}\n`).join('');
  const sources = [new SourceText('policy.batch', policies), new SourceText('state.batch', states)];
  const reading = readXfrm({ name: baseName, sources, files: noFiles, addresses: config.addresses });
  return {
    files: [
      { path: 'policy.batch', text: policies, isSecret: false },
      ...(states === '' ? [] : [{ path: 'state.batch', text: states, isSecret: true }]),
    ],
    losses: [...losses, ...kernelLosses(config, reading, plan.explained)],
  };
}

/** A range of ports that ends at no power of two, and others that are too many to be written out. */
export function unwritten({ record, direction }: HostPolicy): Loss {
  return {
    effect: 'packets',
    message: `${record?.name ?? 'a policy'}: a range of ports cannot be written, and its packets ${direction === 'out' ? 'that go out' : 'that come in'} meet what comes after it`,
  };
}

/** Policies for each port that a mask stands for. */
function policyLines(policy: HostPolicy): readonly string[] | undefined {
  const selectors = selectorWords(policy.selector);
  return selectors?.map((selector) => {
    const { direction, priority, action, mark, ifId, templates } = policy;
    const words = [`xfrm policy add ${selector} dir ${direction}`];
    if (mark.mask !== 0) words.push(`mark ${mark.value} mask 0x${(mark.mask >>> 0).toString(16)}`);
    if (action === 'block') words.push('action block');
    words.push(`priority ${priority}`);
    if (ifId !== 0) words.push(`if_id ${ifId}`);
    for (const template of templates) {
      const [source, destination] = [template.source, template.destination].map((value) =>
        formatAddress(template.family, value),
      );
      const proto = template.protocol === protocolNumbers.ESP ? 'esp' : 'ah';
      words.push(`tmpl src ${source} dst ${destination} proto ${proto}`);
      if (template.reqid !== 0) words.push(`reqid ${template.reqid}`);
      words.push(`mode ${template.mode}`);
      if (template.optional) words.push('level use');
    }
    return words.join(' ');
  });
}

function prefix(family: Family, value: HostSelector['source'], length: number): string {
  return `${formatAddress(family, value)}/${length}`;
}

/** `src`, `dst` and what is above; undefined where ports cannot be said. */
function selectorWords(selector: HostSelector): readonly string[] | undefined {
  const { family, source, sourcePrefix, destination, destinationPrefix, protocol } = selector;
  const ends = `src ${prefix(family, source, sourcePrefix)} dst ${prefix(family, destination, destinationPrefix)}`;
  if (protocol === 0) return [ends];
  const sources = portsOfMask(selector.sourcePort, selector.sourcePortMask);
  const destinations = portsOfMask(selector.destinationPort, selector.destinationPortMask);
  if (!sources || !destinations) return undefined;
  const [first, second] = hasTypes(protocol) ? ['type', 'code'] : ['sport', 'dport'];
  const mayHavePorts = hasTypes(protocol) || hasPorts(protocol);
  const words = (name: string, ports: readonly number[] | 'any') =>
    ports === 'any' || !mayHavePorts ? [''] : ports.map((port) => ` ${name} ${port}`);
  return words(first!, sources).flatMap((one) =>
    words(second!, destinations).map((other) => `${ends} proto ${protocol}${one}${other}`),
  );
}

function stateLine(sa: HostSa): string {
  const { source, destination, protocol, spi, reqid, mode, replayWindow, ifId } = sa;
  const words = [
    `xfrm state add src ${formatAddress(source.family, source.value)} dst ${formatAddress(destination.family, destination.value)}`,
    `proto ${protocol === protocolNumbers.ESP ? 'esp' : 'ah'} spi 0x${spi.toString(16)} reqid ${reqid} mode ${mode}`,
  ];
  if (replayWindow > 0) words.push(`replay-window ${replayWindow}`);
  if (ifId !== 0) words.push(`if_id ${ifId}`);
  const { authentication, encryption } = sa;
  if (authentication)
    words.push(`auth-trunc ${quoted(authentication.name)} ${hex(authentication.key)} ${authentication.truncatedBits}`);
  if (encryption) words.push(`enc ${quoted(encryption.name)} ${hex(encryption.key)}`);
  if (sa.selector) {
    const [only] = selectorWords({ ...sa.selector }) ?? [];
    if (only !== undefined) words.push(`sel ${only}`);
  }
  return words.join(' ');
}

function quoted(name: string): string {
  return `'${name}'`;
}

/** A key of no octets is an empty word. */
function hex(key: Secret): string {
  const digits = [...key.reveal()].map((octet) => octet.toString(16).padStart(2, '0')).join('');
  return digits === '' ? "''" : `0x${digits}`;
}
