import { describe, expect, it } from 'vitest';
import collision from '../../../src/lint/rules/pri/backend-priority-collision.js';
import order from '../../../src/lint/rules/pri/conversion-order.js';
import { lintTexts } from '../../support/lint.js';

/** A connection of swanctl.conf with one child. */
function swan(name: string, local: string, remote: string, more = '', peer = '192.0.2.1'): string {
  return `  ${name} {\n    remote_addrs = ${peer}\n    children {\n      ${name} {\n        local_ts = ${local}\n        remote_ts = ${remote}\n        ${more}\n      }\n    }\n  }`;
}

const file = (...connections: readonly string[]) => `connections {\n${connections.join('\n')}\n}\n`;

const said = (text: string) =>
  lintTexts([text], { rules: [collision, order] }).map(({ code, severity, message }) => ({ code, severity, message }));

describe('PRI005', () => {
  it('is about policies that are treated otherwise: a tie of equals decides nothing', () => {
    const [local, remote] = ['10.1.0.0/16', '10.2.0.0/16'];
    expect(said(file(swan('a', local, remote), swan('b', local, remote)))).toEqual([]);
    expect(said(file(swan('a', local, remote), swan('b', local, remote, '', '192.0.2.9')))).toEqual([
      expect.objectContaining({ code: 'PRI005', severity: 'error' }),
    ]);
  });

  it('says nothing where a policy with a lower number takes all packets of both', () => {
    const tied = [
      swan('a', '10.1.0.0/16', '10.2.2.0/24'),
      swan('b', '10.1.1.0/24', '10.2.0.0/16', '', '192.0.2.9'),
    ] as const;
    const both = swan('c', '10.1.1.0/24', '10.2.2.0/24', '', '192.0.2.17');
    expect(said(file(...tied)).map(({ code }) => code)).toEqual(['PRI005']);
    expect(said(file(both, ...tied)).map(({ code }) => code)).toEqual([]);
  });

  it('takes the order of the file where nobody wrote a priority', () => {
    const statements = (priority: string) =>
      ['10.1.1.0/24 10.2.0.0/16 any -P out none', '10.1.0.0/16 10.2.2.0/24 any -P out discard']
        .map((text) => `spdadd ${text.replace('-P out', `-P out${priority}`)};`)
        .join('\n');
    expect(said(statements(''))).toEqual([]);
    expect(said(statements(' prio 7')).map(({ code }) => code)).toEqual(['PRI005']);
  });

  it('has nothing to say about records: PRI001 has', () => {
    const records =
      'add host a -source 10.1.0.0/16 -destination 10.2.2.0/24 -priority 10 -action PASS\nadd host b -source 10.1.1.0/24 -destination 10.2.0.0/16 -priority 10 -action DISCARD';
    expect(said(records)).toEqual([]);
  });

  it('gives up where very many come into question, and says so', () => {
    const add = (ends: string, priority: number, action: string) =>
      `ip xfrm policy add ${ends} dir out priority ${priority} action ${action}`;
    const text = [
      add('src 10.0.0.0/8 dst 10.0.0.0/8', 1, 'block'),
      ...Array.from({ length: 100 }, (_, index) => add(`src 10.0.0.0/8 dst 10.${index}.0.0/16`, 9, 'block')),
      add('src 10.1.0.0/16 dst 10.0.0.0/8', 9, 'allow'),
    ].join('\n');
    expect(said(text)).toEqual([
      {
        code: 'PRI005',
        severity: 'info',
        message: expect.stringMatching(/^not decided for policy .* whether another one of the same priority/),
      },
    ]);
  });
});

describe('PRI006', () => {
  it('is milder where the narrower one is found first, as these products are meant', () => {
    const wide = swan('wide', '10.1.0.0/16', '10.0.0.0/8');
    const narrow = swan('narrow', '10.1.0.0/16', '10.2.0.0/16', '', '192.0.2.9');
    expect(said(file(wide, narrow)).map(({ code, severity }) => [code, severity])).toEqual([['PRI006', 'info']]);
    expect(said(file(narrow, wide))).toEqual([]);
  });

  it('warns of one that hides what is written before it', () => {
    const drop = swan('closed', '10.1.1.0/24', '10.2.2.0/24', 'mode = drop\n        start_action = trap');
    const pass = swan('open', '10.1.0.0/16', '10.2.0.0/16', 'mode = pass\n        start_action = trap');
    expect(said(file(drop, pass))).toEqual([
      {
        code: 'PRI006',
        severity: 'warning',
        message:
          "child 'closed.closed' (priority 575423) is written before child 'open.open' (priority 183615) and found after it",
      },
    ]);
  });

  it('says nothing where both numbers are written: they are the order', () => {
    const late = swan('late', '10.1.0.0/16', '10.0.0.0/8', 'priority = 20');
    const early = swan('early', '10.0.0.0/8', '10.2.0.0/16', 'priority = 10', '192.0.2.9');
    expect(said(file(late, early))).toEqual([]);
  });

  it('knows that of the rules of iked the last one counts for a peer, unless one is quick', () => {
    const rule = (name: string, to: string, peer: string, more = '') =>
      `ikev2 "${name}" ${more} esp from 10.1.0.0/24 to ${to} peer ${peer} psk "Larch-7-Quill-base"`;
    const [first, second] = [
      rule('first', '10.2.0.0/24', '192.0.2.0/24'),
      rule('second', '10.3.0.0/24', '192.0.2.0/25'),
    ];
    expect(said(`${first}\n${second}`).map(({ message }) => message)).toEqual([
      "ikev2 'first' is written before ikev2 'second', which peers of both are given first",
    ]);
    expect(said(`${rule('first', '10.2.0.0/24', '192.0.2.0/24', 'quick')}\n${second}`)).toEqual([]);
    // Peers that differ are no question of order.
    expect(said(`${first}\n${rule('second', '10.3.0.0/24', '198.51.100.0/25')}`)).toEqual([]);
  });
});
