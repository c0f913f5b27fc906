/** The flags of `ipsec negotiate`. */
import { Flags } from '@oclif/core';
import { asOfFlag, cryptoChoiceFlag, jobsFlag, outputFlag, seedFlag, traceFlag } from './flags.js';
import { loadFlags } from './load-flags.js';

const network = 'NETWORK';

export const negotiateFlags = {
  ...loadFlags,
  output: outputFlag,
  simulate: Flags.boolean({ summary: 'Negotiate on a simulated network: nothing leaves this process.' }),
  against: Flags.string({
    helpValue: 'ADDR[:PORT]',
    summary: 'Negotiate with the live peer at this address; [ADDR]:PORT for IPv6.',
  }),
  credentials: Flags.string({
    helpValue: 'DIR',
    summary: 'With --against: folder with certificates, private keys (0600) and revocation lists.',
  }),
  wait: Flags.string({
    helpValue: 'DURATION',
    summary: 'With --against: give up when the peer says nothing for so long (default: 15s).',
  }),
  suggest: Flags.boolean({
    allowNo: true,
    default: true,
    summary:
      'With --against: after a refusal ask the peer what it would take, and try changes with it (--no-suggest asks once).',
  }),
  initiator: Flags.option({ options: ['A', 'B', 'both'] as const })({
    helpValue: 'A|B|both',
    summary: 'Which system starts (default: each of them once).',
  }),
  packet: Flags.string({
    helpValue: 'PACKET',
    summary: 'The packet that needs protection, from its sender: "tcp 10.0.0.1:4000 > 10.0.0.2:23".',
  }),
  matrix: Flags.boolean({ summary: 'Negotiate every pair of systems that A (default: the current folder) holds.' }),
  jobs: jobsFlag,
  with: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'PATH',
    summary: 'A further system that tunnels may end at, as a gateway between A and B.',
  }),
  until: Flags.string({
    helpValue: 'DURATION',
    summary: 'Let so much time pass: 2d, 8h, 90m (default: past the first rekeys).',
  }),
  mode: Flags.option({ options: ['main', 'aggressive'] as const })({
    helpValue: 'main|aggressive',
    summary: 'Use this exchange of IKEv1 instead of the one that the records name.',
  }),
  loss: Flags.string({
    helpGroup: network,
    helpValue: 'SHARE',
    summary: 'Share of packets that are lost: 0.05 or 5%.',
  }),
  reorder: Flags.string({
    helpGroup: network,
    helpValue: 'SHARE',
    summary: 'Share of packets that come late, behind others.',
  }),
  dup: Flags.string({ helpGroup: network, helpValue: 'SHARE', summary: 'Share of packets that come twice.' }),
  delay: Flags.string({
    helpGroup: network,
    helpValue: 'DURATION',
    summary: 'Time of one way through the network (default: 10ms).',
  }),
  nat: Flags.string({
    helpGroup: network,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'SPEC',
    summary: 'A NAT before a system: A=203.0.113.7[,timeout=30s][,rebind=10m][,esp=pass].',
  }),
  scenario: Flags.string({
    helpGroup: network,
    helpValue: 'FILE',
    summary: 'Faults, NATs, crashes, clocks and packets from a file (`ipsec schema scenario` tells what it may hold).',
  }),
  'peer-profile': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: '[SYSTEM=]NAME',
    summary:
      'Imitate this product (hpux, strongswan, libreswan, windows …), for one system or for all of unknown product.',
  }),
  'data-path': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: '[SYSTEM=]NAME',
    summary:
      "What carries packets: kernel, or libipsec for strongSwan's kernel-libipsec, which lacks transport mode, AH and ESN.",
  }),
  trace: traceFlag('Show every packet; with the fields of its payloads; with its octets.'),
  pcap: Flags.string({ helpValue: 'FILE', summary: 'Write the packets to FILE (pcapng).' }),
  keys: Flags.string({
    helpValue: 'DIR',
    summary: 'Write the keys to DIR, as the tables that Wireshark reads.',
  }),
  timeline: Flags.string({
    helpValue: 'FILE',
    summary: 'Write the negotiations to FILE, an HTML page in which messages open into payloads and decisions.',
  }),
  crypto: cryptoChoiceFlag,
  seed: seedFlag,
  'as-of': asOfFlag({}),
};
