/** What is shown of hosts and of the daemon on narrow terminals: commands that need a host are not at hand in every test. */
import { describe, expect, it } from 'vitest';
import { renderDoctor } from '../../src/report/doctor.js';
import { renderText } from '../../src/report/findings/text.js';
import { renderPlan } from '../../src/report/plan.js';
import { renderRuntimeReport } from '../../src/report/runtime-report.js';
import { renderSaList } from '../../src/report/sa-list.js';
import { renderStateList } from '../../src/report/state.js';
import { labelWidth, renderStatus } from '../../src/report/status.js';
import { colourStyle } from '../../src/report/style.js';
import { visible } from '../../src/report/visible.js';
import { displayWidth } from '../../src/report/width.js';
import { wrapLines } from '../../src/report/wrap.js';
import { withoutColours } from './support/colours.js';
import { nastyReport } from './support/findings.js';

const ikeSa = {
  id: 'ike:1',
  version: 2,
  role: 'initiator',
  local: '192.0.2.1',
  remote: '2001:db8:ffff:1234::77',
  peerId: 'branch-office.example.net',
  algorithms: 'AES-GCM-16-256, PRF HMAC-SHA2-384, ECP-384',
  since: '2026-11-30T20:00:00.000Z',
} as const;
const childSa = {
  id: 'child:4',
  ikeSa: 'ike:1',
  protocol: 'ESP',
  mode: 'tunnel',
  remote: '2001:db8:ffff:1234::77',
  inboundSpi: '0x00001000',
  outboundSpi: '0x00001001',
  algorithms: 'AES-GCM-16-256',
  record: 'branch-office',
  inbound: { packets: 12_345_678, octets: 1 },
  outbound: { packets: 1, octets: 1 },
};

const shown: Readonly<Record<string, (width: number | undefined) => Iterable<string>>> = {
  'the SAs': (width) => renderSaList({ ikeSas: [ikeSa], childSas: [childSa] }, options(width)),
  'the report of the daemon': (width) =>
    wrapLines(
      renderRuntimeReport(
        {
          host: [
            {
              cookie: 1,
              name: 'to-the-branch-office',
              kind: 'host',
              priority: 10,
              selectors: ['10.1.0.0/16 <-> 10.2.0.0/16 TCP local ports 1024-65535 remote port 443'],
              action: 'PROTECT',
              flags: ['EXCLUSIVE'],
              tunnels: ['branch'],
              proposals: ['ESP_AES256_GCM16/28800/0', 'ESP_AES128_HMAC_SHA2_256/28800/0'],
              state: 'ready',
              saPairsNeeded: 1,
              sas: [],
            },
          ],
          ike: [
            {
              name: 'branch-office',
              version: 2,
              remote: '2001:db8:ffff:1234::/64',
              priority: 10,
              proposals: ['AES-GCM-16-256, PRF HMAC-SHA2-384, ECP-384'],
              lifetimeSeconds: 86_400,
              pfs: true,
            },
          ],
          cache: {
            entries: [
              {
                record: 1,
                cookie: 2,
                policy: 'to-the-branch-office',
                direction: 'outbound',
                protocol: 'TCP',
                source: '2001:db8::1',
                sourcePort: 49_152,
                destination: '2001:db8:ffff:1234::77',
                destinationPort: 443,
                action: 'PROTECT',
                sa: {
                  type: 'ESP',
                  spi: '0x00001001',
                  state: 'mature',
                  tunnel: true,
                  source: '192.0.2.1',
                  destination: '198.51.100.1',
                },
              },
            ],
            note: 'only what went over the data path in userspace is known, and only since it was started',
          },
        },
        options(width),
      ),
      width,
    ),
  'the states': (width) =>
    renderStateList(
      {
        stateDir: '/var/lib/ipsec',
        states: [
          { serial: 7, applied: '2026-11-30T20:00:00.000Z', system: 'headquarters', inputs: [], policies: 1, sas: 2 },
        ],
      },
      options(width),
    ),
  'the status': (width) =>
    wrapLines(
      renderStatus({
        stateDir: '/var/lib/ipsec',
        backend: 'xfrm',
        means: 'netlink',
        serial: 7,
        system: 'headquarters',
        applied: '2026-11-30T20:00:00.000Z',
        inputs: [{ path: '/etc/ipsec/hosts/headquarters/policy.conf', sha256: '00' }],
        policies: 40,
        sas: 2,
        inPlace: 38,
        drift: 4,
        restarted: false,
        foreign: 3,
        unfinished: { startedAt: '2026-11-30T20:00:00.000Z', steps: 12 },
        pending: { serial: 7, until: '2026-11-30T20:10:00.000Z', secondsLeft: 90, process: 1, isWatched: true },
      }),
      width,
      { under: labelWidth },
    ),
  'an examination': (width) =>
    wrapLines(
      renderDoctor(
        {
          checks: [
            { name: 'kernel', status: 'warn', text: 'it has no ESP, and no AH either', help: 'load the modules' },
          ],
        },
        options(width),
      ),
      width,
    ),
};

function options(width: number | undefined): { readonly width?: number } {
  return width === undefined ? {} : { width };
}

describe.each([40, 60, 80])('at %d columns', (width) => {
  it.each(Object.entries(shown))('%s stay within the width, word for word', (_name, show) => {
    const lines = [...show(width)];
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    const letters = (all: Iterable<string>) => [...[...all].join('')].filter((each) => each !== ' ').toSorted();
    // A table that becomes a list repeats its headers: nothing is missing, whatever is there twice.
    const left = letters(show(undefined));
    const there = letters(lines);
    for (const letter of new Set(left))
      expect(there.filter((each) => each === letter).length).toBeGreaterThanOrEqual(
        left.filter((each) => each === letter).length,
      );
  });

  it.each([false, true])('findings with everything stay within the width (in colour: %s)', async (inColour) => {
    const style = inColour ? { style: await colourStyle() } : {};
    const text = [...renderText(nastyReport, { width, wrap: true, ...style })].join('');
    // The names of files stay whole, for they are clicked on and copied.
    const paths = nastyReport.findings.map(({ at }) => visible(at.source.path));
    const lines = text.split('\n').map(withoutColours);
    for (const line of lines.filter((each) => !paths.includes(each)))
      expect(displayWidth(line)).toBeLessThanOrEqual(width);
  });
});

it('a plan breaks its commands as a shell joins them', () => {
  const command = 'ip xfrm policy add src 192.0.2.10/32 dst 198.51.100.20/32 dir out action allow priority 3071';
  const document = {
    system: 'alpha',
    backend: 'xfrm',
    means: 'netlink',
    stateDir: '/var/lib/ipsec',
    serial: 0,
    inputs: [],
    summary: { create: 1, replace: 0, delete: 0, unchanged: 0, foreign: 0 },
    changes: [{ kind: 'create', object: 'policy', record: null, reason: 'is asked for', command }],
    foreign: [],
    cuts: [],
    notes: [],
  } as const;
  const lines = [...renderPlan(document, { width: 40 })].filter((line) => line.startsWith('      '));
  expect(lines.length).toBeGreaterThan(2);
  expect(
    lines
      .join('\n')
      .replaceAll(/ \\\n +/g, ' ')
      .trim(),
  ).toBe(command);
});
