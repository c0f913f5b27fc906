/** Pages for tests: real ones, and one in which every text that a file could bring is hostile. */
import path from 'node:path';
import { type HtmlReport, renderReport, renderTimeline } from '../../../src/report/html/report.js';
import type { NegotiationDocument, RunDocument } from '../../../src/report/negotiation/document.js';
import { htmlReport } from '../../../src/services/html-report.js';
import { negotiate } from '../../../src/services/negotiate/negotiate.js';
import { nastyReport } from '../support/findings.js';

const tool = { name: 'ipsec', version: '0.0.0' };
const asOf = new Date('2026-01-01T00:00:00Z');

/** What an attacker would put into a name. */
export const hostile = `</script></style><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"'><svg onload=window.hacked=1>\u202e]]>`;

export async function reportOf(folder: string, more: { readonly negotiate?: boolean } = {}): Promise<string> {
  return renderReport(
    await htmlReport({ paths: [folder], tool, asOf, seed: '1', negotiate: more.negotiate ?? true, jobs: 1 }),
  );
}

export async function timelineOf(a: string, b: string): Promise<string> {
  const { document } = await negotiate({
    systems: [a, b],
    further: [],
    seed: '1',
    beginsAt: asOf,
    faults: { nat: [] },
    profiles: [],
    detail: 'payloads',
    suggest: true,
  });
  return renderTimeline(document, { tool });
}

export const example = (name: string) => path.join('examples', name);

const place = { system: hostile, kind: hostile, name: hostile, path: hostile, line: 3 };

const run: RunDocument = {
  initiator: hostile,
  responder: `b${hostile}`,
  packet: hostile,
  policies: { initiator: place },
  verdict: { word: 'fails', good: false, text: hostile, step: hostile },
  chosen: {
    ike: { version: 2, transforms: hostile, initiatorId: hostile, responderId: hostile, records: [place] },
    children: [
      {
        protocol: 'ESP',
        mode: 'tunnel',
        transforms: hostile,
        selectors: [hostile],
        lifetime: hostile,
        udpEncapsulation: true,
        records: [place],
      },
    ],
  },
  sides: [{ system: hostile, role: 'initiator', view: [hostile] }],
  failure: {
    code: hostile,
    attempt: hostile,
    foundBy: 'us',
    reason: hostile,
    notify: hostile,
    comparison: [{ attribute: hostile, offered: [hostile], accepted: [hostile], common: [] }],
    records: [place],
    logs: [{ product: hostile, system: hostile, own: true, role: 'initiator', lines: [hostile], source: hostile }],
  },
  suggestions: [{ changes: [{ system: hostile, title: hostile, diff: [`-${hostile}`, `+${hostile}`] }] }],
  traffic: { sent: 1, arrived: 0, inTheClear: 0, childRekeys: 0, ikeRekeys: 0, acceptsClear: [], unmatched: [] },
  warnings: [hostile],
  messages: [hostile, `b${hostile}`, 'third'].map((from, index) => ({
    at: index,
    from,
    to: `b${hostile}`,
    title: hostile,
    text: hostile,
    purpose: hostile,
    phase: 'setup',
    ...(index === 1 ? { lost: hostile } : {}),
    fields: [
      { depth: 0, text: hostile },
      { depth: 1, text: `type: ${hostile}` },
      { depth: 0, text: 'AUTH' },
      { depth: 1, text: 'data: 0123456789abcdef' },
      { depth: 0, text: hostile, decrypted: true },
    ],
    decisions: [{ system: hostile, text: hostile, records: [place] }],
  })),
  duration: 1,
};

export const hostileNegotiation: NegotiationDocument = {
  seed: hostile,
  beginsAt: hostile,
  systems: [
    { name: hostile, addresses: [hostile], profile: hostile, files: [hostile] },
    { name: `b${hostile}`, addresses: [], profile: hostile, files: [] },
  ],
  good: false,
  problems: [],
  runs: [run],
  assumptions: [hostile],
  notes: [hostile],
};

const stop = { kind: 'host', name: hostile, details: [hostile] } as const;

export const hostileReport: HtmlReport = {
  name: hostile,
  asOf: '2026-01-01',
  findings: nastyReport,
  topology: {
    kind: 'topology',
    nodes: (['host', 'gateway', 'peer', 'network'] as const).map((kind, index) => ({
      id: `n${index}`,
      kind,
      name: hostile,
      details: [hostile],
    })),
    edges: (['tunnel', 'transport', 'behind'] as const).map((kind, index) => ({
      from: 'n0',
      to: `n${index + 1}`,
      kind,
      label: hostile,
      state: 'disagree',
      why: hostile,
      records: [place],
    })),
    notes: [hostile],
  },
  nesting: {
    kind: 'nesting',
    flows: [
      {
        system: hostile,
        policy: hostile,
        policies: [place],
        traffic: hostile,
        stops: [stop, stop, stop],
        sas: [{ mode: 'tunnel', label: hostile, from: 0, to: 1, record: place }],
        clear: [[1, 2]],
      },
    ],
    notes: [hostile],
  },
  spd: {
    kind: 'spd',
    lists: [
      {
        system: hostile,
        list: 'host',
        rows: [
          {
            number: 1,
            policy: hostile,
            place,
            selectors: [hostile],
            moreSelectors: 1,
            action: 'PROTECT',
            treatment: hostile,
            reach: 'shadowed',
            by: [1],
          },
        ],
        leftOut: 0,
      },
    ],
    notes: [hostile],
  },
  matrix: {
    seed: '1',
    systems: [hostile, `b${hostile}`, 'c'],
    good: false,
    problems: [],
    pairs: [{ a: hostile, b: `b${hostile}`, word: 'fails', good: false, runs: 1, text: hostile, initiator: hostile }],
    assumptions: [hostile],
    notes: [hostile],
  },
  negotiations: [hostileNegotiation],
  notes: [hostile],
};
