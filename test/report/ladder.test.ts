/** The ladder on terminals of any width: it never runs over, and long names do not push the payloads out. */
import { describe, expect, it } from 'vitest';
import { renderLadder } from '../../src/report/ladder.js';
import type { MessageDocument } from '../../src/report/negotiation/document.js';
import { displayWidth } from '../../src/report/width.js';

function message(from: string, to: string, more: Partial<MessageDocument> = {}): MessageDocument {
  return { at: 0, from, to, title: 'IKE_AUTH 1', text: 'HDR, SK {IDi, AUTH, SAi2, TSi, TSr}', phase: 'setup', ...more };
}

const short = [message('here', 'there'), message('there', 'here', { at: 10, title: 'IKE_AUTH 1 R' })];
const [long, longer] = ['01a-host-to-host-ikev1-psk', '01b-host-to-host-ikev1-psk-b'];
const wide = [message(long, longer), message(longer, long, { at: 69_340_000, title: 'CREATE_CHILD_SA 4 R' })];

function ladder(messages: readonly MessageDocument[], width: number | undefined, left: string, right: string) {
  return [
    ...renderLadder(messages, { left, right, systems: [left, right], fields: true, ...(width ? { width } : {}) }),
  ];
}

describe('renderLadder', () => {
  it('has names and payloads in a row where there is room', () => {
    expect(ladder(short, 80, 'here', 'there')).toEqual([
      '    0  here > there  IKE_AUTH 1    HDR, SK {IDi, AUTH, SAi2, TSi, TSr}',
      '   10  here < there  IKE_AUTH 1 R  HDR, SK {IDi, AUTH, SAi2, TSi, TSr}',
    ]);
  });

  it('puts letters for long names before it gives up the row', () => {
    expect(ladder(wide, 80, long, longer)).toEqual([
      'A is 01a-host-to-host-ikev1-psk, B is 01b-host-to-host-ikev1-psk-b',
      '',
      '       0  A > B  IKE_AUTH 1           HDR, SK {IDi, AUTH, SAi2, TSi, TSr}',
      '19:15:40  A < B  CREATE_CHILD_SA 4 R  HDR, SK {IDi, AUTH, SAi2, TSi, TSr}',
    ]);
  });

  it('puts the payloads below where the row is too short, and keeps names that fit', () => {
    expect(ladder(short, 50, 'here', 'there').slice(0, 2)).toEqual([
      '    0  here > there  IKE_AUTH 1',
      '       HDR, SK {IDi, AUTH, SAi2, TSi, TSr}',
    ]);
    expect(ladder(wide, 60, long, longer).slice(0, 5)).toEqual([
      'A is 01a-host-to-host-ikev1-psk, B is',
      '01b-host-to-host-ikev1-psk-b',
      '',
      '       0  A > B  IKE_AUTH 1',
      '          HDR, SK {IDi, AUTH, SAi2, TSi, TSr}',
    ]);
  });

  it('keeps A and B where B starts, and goes on with C for others', () => {
    const lines = [
      ...renderLadder([message(longer, long), message(long, 'a-gateway-somewhere-in-between')], {
        left: longer,
        right: long,
        systems: [long, longer],
        width: 80,
      }),
    ];
    expect(lines.slice(0, 2)).toEqual([`A is ${long}, B is ${longer}, C is`, 'a-gateway-somewhere-in-between']);
    expect(lines.at(-2)).toContain('B > A');
    expect(lines.at(-1)).toContain('A > C');
  });

  it.each([40, 60, 80])('fits %i columns, with remarks, fields and octets', (width) => {
    const fields = [
      { depth: 0, text: 'SAi2' },
      { depth: 3, text: 'transform 1: ENCR_AES_CBC with a key length of 256 bits and a remark that goes on for long' },
    ];
    const rich = [
      message(long, longer, { at: 200_000_000, fields, octets: '45'.repeat(50), purpose: 'rekey of Child SA' }),
      message(longer, long, { lost: 'nobody has this address', repetition: 3, title: 'Quick Mode 79abf3b6' }),
    ];
    for (const line of ladder(rich, width, long, longer)) expect(displayWidth(line), line).toBeLessThanOrEqual(width);
  });
});
