import { describe, expect, it } from 'vitest';
import { isShim, shimNames, translateShim } from '../../src/cli/shims.js';

const words = (name: (typeof shimNames)[number], line: string) =>
  translateShim(name, line === '' ? [] : line.split(' '), '/etc/ipsec').join(' ');

describe('the names of HP-UX', () => {
  it('are known', () => {
    expect(shimNames.every(isShim)).toBe(true);
    expect(isShim('ipsec')).toBe(false);
  });

  it.each([
    ['ipsec_policy', '-sa 10.1.1.1 -p tcp -dir out', 'policy query /etc/ipsec -sa 10.1.1.1 -p tcp -dir out'],
    ['ipsec_report', '', 'runtime report'],
    ['ipsec_report', '-sa ipsec -host active', 'runtime report sa host'],
    ['ipsec_report', '-ike -file /tmp/r', 'runtime report ike auth -o /tmp/r'],
    ['ipsec_report', '-cache', 'runtime report cache'],
    ['ipsec_report', '-audit /var/adm/x', 'audit'],
    ['ipsec_admin', '-start', 'runtime start /etc/ipsec'],
    ['ipsec_admin', '-stop', 'runtime stop'],
    ['ipsec_admin', '-al WARNING', 'log level warning'],
    ['ipsec_admin', '-deletesa 10.2.2.2', 'sa delete --peer 10.2.2.2'],
    [
      'ipsec_config',
      'add host a -action PASS',
      'policy record --file /etc/ipsec/ipsec_config.conf -- add host a -action PASS',
    ],
    ['ipsec_config', 'delete host a -nc', 'policy record --file /etc/ipsec/ipsec_config.conf --check -- delete host a'],
    ['ipsec_config', 'show host web', 'policy show host web /etc/ipsec'],
    ['ipsec_config', 'show all', 'policy show /etc/ipsec'],
    ['ipsec_config', 'export', 'policy show --resolved /etc/ipsec'],
    ['ipsec_config', 'batch f -nocommit', 'policy lint f'],
  ] as const)('%s %s', (name, line, meant) => expect(words(name, line)).toBe(meant));

  it.each([
    ['ipsec_report', '-frob'],
    ['ipsec_report', '-file'],
    ['ipsec_admin', ''],
    ['ipsec_admin', '-newpasswd'],
    ['ipsec_admin', '-al LOUD'],
    ['ipsec_admin', '-deletesa'],
    ['ipsec_config', ''],
    ['ipsec_config', 'batch f'],
    ['ipsec_config', 'add host a -profile p'],
    ['ipsec_config', 'frob'],
  ] as const)('%s %s is refused with what to do', (name, line) => expect(() => words(name, line)).toThrow());
});
