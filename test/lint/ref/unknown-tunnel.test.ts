/** What is guessed where a tunnel is unknown, and where very many are. */
import { describe, expect, it } from 'vitest';
import unknownTunnel from '../../../src/lint/rules/ref/unknown-tunnel.js';
import { lintTexts } from '../../support/lint.js';

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);
const tunnel = (name: string) =>
  `add tunnel ${name} -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.4.0.0/16 -action ESP_AES128_GCM16\n`;
const policy = (name: string, at: number) =>
  `add host p${at} -source 10.1.1.1 -destination 10.4.0.0/16 -tunnel ${name} -priority ${at + 1} -action PASS\n`;
const guesses = (text: string) =>
  lintTexts([text], { rules: [unknownTunnel] }).map(({ help }) => /did you mean '(.*?)'/.exec(help ?? '')?.[1]);

describe('the guess', () => {
  it('is the name that is equal but for case, the first of them, or else a near one', () => {
    const text =
      ['branch', 'BRANCH', 'branches'].map(tunnel).join('') +
      policy('Branch', 0) +
      policy('branchs', 1) +
      policy('xyz', 2);
    expect(guesses(text)).toEqual(['branch', 'branch', undefined]);
  });

  it('is not made at the cost of comparing thousands of names with thousands', () => {
    const count = 800;
    const unknown = numbers(count)
      .map((at) => policy(`wrong${at}x`, at))
      .join('');
    const found = guesses(
      numbers(count)
        .map((at) => tunnel(`wrong${at}y`))
        .join('') +
        unknown +
        policy('WRONG7Y', count),
    );
    expect(found).toHaveLength(count + 1);
    expect(found[0]).toBe('wrong0y');
    expect(found.filter((guess) => guess !== undefined).length).toBeLessThan(count / 2);
    expect(found.at(-1)).toBe('wrong7y');
  });
});
